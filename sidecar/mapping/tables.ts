import type { Json } from "../domain/json";
import type { PackFile } from "./pack-files";
import type { PackProblem } from "./problem";
import { checkTableShape } from "./shapes";

/** One file of `tables/` (mappings/schema/table.schema.json). */
export interface TableDefinition {
  $schema?: string;
  title: string;
  note?: string;
  default?: string | number | boolean | null;
  entries: { from: string; to: string | number | boolean | null; note?: string }[];
}

/** A table as the lines that use it see it. */
export interface ValueTable {
  /** Path of the file that a new value is added to, `systems/hubspot/tables/owners.json`. */
  file: string;
  title: string;
  values: ReadonlyMap<string, Json>;
  /** For every value without an entry; undefined where the lookup decides. */
  fallback: Json | undefined;
}

/** The tables beside some mappings, by the name that a lookup uses: `owners`. */
export type Tables = ReadonlyMap<string, ValueTable>;

/** Reads table files; one that is not sound is a problem, and empty for whoever uses it. */
export function loadTables(files: readonly PackFile[], problems: PackProblem[]): Tables {
  return new Map(files.map((file) => [file.name, loadTable(file, problems)]));
}

function loadTable({ file, name, content }: PackFile, problems: PackProblem[]): ValueTable {
  const found = checkTableShape(content, file);
  problems.push(...found);
  if (found.length > 0) return { file, title: name, values: new Map(), fallback: undefined };
  const { title, entries, default: fallback } = content as unknown as TableDefinition;
  const values = new Map<string, Json>();
  for (const [index, { from, to }] of entries.entries()) {
    if (values.has(from)) {
      const reason = `“${from.slice(0, 80)}” has an entry already`;
      problems.push({ file, path: `entries[${index}].from`, reason, fix: "Keep one entry for each value." });
    }
    values.set(from, to);
  }
  return { file, title, values, fallback };
}
