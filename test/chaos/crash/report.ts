import { KILL_POINTS } from "./kill-points";
import type { CrashResult } from "./run";
import type { FindingKind } from "./verify";

/** Findings written out in full; of more only the number is said. */
const SHOWN = 30;

export function passed(result: CrashResult): boolean {
  return result.findings.length === 0 && result.troubles.length === 0 && missedPoints(result).length === 0;
}

/** What was done and what was found, in lines; the last one is the verdict. */
export function report(result: CrashResult): string[] {
  const { account, person } = result;
  const lines = ["Kills by point:"];
  for (const point of KILL_POINTS) {
    const variants = new Map<string, number>();
    const here = result.killed.filter((kill) => kill.point === point);
    for (const { variant } of here) variants.set(variant, (variants.get(variant) ?? 0) + 1);
    const told = [...variants].map(([variant, times]) => `${times} ${variant}`).join("; ");
    lines.push(`  ${String(here.length).padStart(4)}  ${point}${told === "" ? "" : `: ${told}`}`);
  }
  lines.push(
    `A person linked ${person.linked} and had ${person.sent} sent again.`,
    `The vendors' ${account.effects} effects = ${account.delivered} attempts that say delivered + ${account.linked} linked by a person ` +
      `+ ${account.unknown} of tries whose outcome was unknown − ${account.repeated} found done already.`,
  );
  for (const { kind, system, lane, what } of result.findings.slice(0, SHOWN)) {
    lines.push(`✗ ${kind}: ${system} ${lane} ${what}`);
  }
  if (result.findings.length > SHOWN) lines.push(`✗ and ${result.findings.length - SHOWN} more`);
  for (const trouble of result.troubles) lines.push(`✗ ${trouble}`);
  for (const point of missedPoints(result)) lines.push(`✗ nothing was killed at "${point}"`);
  return [...lines, verdict(result)];
}

function verdict(result: CrashResult): string {
  const records = (kind: FindingKind): number =>
    new Set(result.findings.filter((one) => one.kind === kind).map(({ system, lane }) => `${system} ${lane}`)).size;
  const counts = [
    `${records("lost")} lost`,
    `${records("doubled")} doubled`,
    `${records("out of order")} out of order`,
  ];
  for (const kind of ["not settled", "audit"] as const) if (records(kind) > 0) counts.push(`${records(kind)} ${kind}`);
  const done = `${result.killed.length} kills, ${result.events} events`;
  return `${passed(result) ? "PASS" : "FAIL"} ${done}, ${counts.join(", ")} (seed ${result.plan.seed}, ${result.seconds} s)`;
}

/** Points at which kills were planned and none was made. */
function missedPoints(result: CrashResult): string[] {
  const planned = new Set(result.plan.kills.map(({ point }) => point));
  return [...planned].filter((point) => !result.killed.some((kill) => kill.point === point));
}
