import type { JsonObject } from "../domain/json";
import type { MappingLine } from "./definition";
import { collectSourcePaths } from "./source-paths";

/**
 * The Odoo paths whose values somebody uses: those behind the canonical fields that `readers` (the system mappings' source paths) read, and
 * behind the fields the canonical object requires. Whole canonical fields at a time: an address is captured whole or not at all.
 * With no reader at all every path counts, so that a rule can be prepared before its system is connected.
 */
export function neededPaths(
  lines: readonly MappingLine[],
  schema: JsonObject,
  readers: readonly (readonly string[])[],
): string[] {
  if (readers.length === 0) return collectSourcePaths(lines);
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const fields = new Set([...readers.flat().map(topOf), ...required]);
  return collectSourcePaths(lines.filter((line) => fields.has(topOf(line.to))));
}

function topOf(path: string): string {
  return path.split(".", 1)[0] ?? path;
}
