import { ConfigError } from "../config/config-error";
import { toFailure } from "../domain/errors";
import { MappingPackError } from "../mapping/registry";

/** One error as a person reads it: what kind, what happened, where, and what to do. */
interface Finding {
  code: string;
  what: string;
  where: string | undefined;
  fix: string;
}

/** Whatever a command threw, as text for standard error. */
export function describeError(thrown: unknown): string {
  return findings(thrown).map(describe).join("\n");
}

function findings(thrown: unknown): Finding[] {
  if (thrown instanceof ConfigError) {
    return thrown.problems.map(({ code, place, path, reason, fix }) => ({
      code,
      what: reason,
      where: `${place} ${path}`,
      fix,
    }));
  }
  if (thrown instanceof MappingPackError) {
    return thrown.problems.map(({ file, path, reason, fix }) => ({
      code: "mapping_invalid",
      what: reason,
      where: path === "" ? file : `${file} ${path}`,
      fix,
    }));
  }
  const { code, message, field, hint } = toFailure(thrown);
  return [{ code, what: message, where: field, fix: hint }];
}

function describe({ code, what, where, fix }: Finding): string {
  const lines = [`error ${code}`, `  what   ${what}`];
  if (where !== undefined) lines.push(`  where  ${where}`);
  lines.push(`  fix    ${fix}`);
  return `${lines.join("\n")}\n`;
}

/** Columns padded to their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
