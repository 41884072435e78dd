import { conditionPaths } from "./conditions";
import type { MappingLine } from "./definition";

/** The dotted paths that lines read, each once, in the order of the lines; those inside `each` carry the list's path. */
export function collectSourcePaths(lines: readonly MappingLine[]): string[] {
  const paths = new Set<string>();
  addPaths(lines, "", paths);
  return [...paths];
}

function addPaths(lines: readonly MappingLine[], prefix: string, paths: Set<string>): void {
  for (const line of lines) {
    const from = typeof line.from === "string" ? [line.from] : (line.from ?? []);
    for (const path of from) paths.add(prefix + path);
    if (line.link !== undefined) paths.add(prefix + line.link.from);
    if (line.when !== undefined) for (const path of conditionPaths(line.when)) paths.add(prefix + path);
    if (line.each === undefined) continue;
    const inner = `${prefix}${line.each}.`;
    if (line.where !== undefined) for (const path of conditionPaths(line.where)) paths.add(inner + path);
    addPaths(line.lines ?? [], inner, paths);
  }
}
