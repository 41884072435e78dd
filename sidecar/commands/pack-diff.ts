import type { Json, JsonObject } from "../domain/json";
import { differences, type Difference } from "../questions/differences";
import type { PackSet } from "./pack-places";

/** One file that is not the same in two sets. */
export interface FileDifference {
  path: string;
  /** `added`: only in the second; `removed`: only in the first. */
  kind: "added" | "removed" | "changed";
  /** What changed in it: `lines[properties.name].required`. */
  changes: Difference[];
}

/** What would have to change in the first set to make it the second. */
export function diffSets(first: PackSet, second: PackSet): FileDifference[] {
  const found: FileDifference[] = [];
  for (const path of [...new Set([...first.keys(), ...second.keys()])].sort()) {
    const [before, after] = [first.get(path), second.get(path)];
    if (before === undefined) found.push({ path, kind: "added", changes: [] });
    else if (after === undefined) found.push({ path, kind: "removed", changes: [] });
    else {
      const changes = differences(named(before), named(after));
      if (changes.length > 0) found.push({ path, kind: "changed", changes });
    }
  }
  return found;
}

/** As a person reads it: a line for each file, and below it one for each change. */
export function describeDiff(found: readonly FileDifference[]): string {
  const marks = { added: "+", removed: "-", changed: "~" };
  return found
    .map(({ path, kind, changes }) =>
      [
        `${marks[kind]} ${path}`,
        ...changes.map(({ path: at, now, then }) => `    ${at}: ${short(now)} → ${short(then)}`),
      ].join("\n"),
    )
    .map((text) => `${text}\n`)
    .join("");
}

/** Lists whose entries have a name (lines their target, table rows their value) become objects by it: what moved is not changed. */
function named(content: Json): JsonObject {
  if (!isObject(content)) return { "": content };
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(content)) {
    const entries = namedEntries(key, value);
    if (entries) for (const [name, entry] of entries) out[`${key}[${name}]`] = named(entry);
    else out[key] = value;
  }
  return out;
}

/** Null where not every entry has a name. Two entries with one name are told apart by their number. */
function namedEntries(key: string, value: Json): [string, JsonObject][] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const by = key === "entries" ? "from" : "to";
  const seen = new Map<string, number>();
  const found: [string, JsonObject][] = [];
  for (const entry of value) {
    const name = isObject(entry) ? entry[by] : undefined;
    if (!isObject(entry) || typeof name !== "string") return null;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    found.push([times === 1 ? name : `${name} ${times}`, entry]);
  }
  return found;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function short(value: Json): string {
  if (value === null) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}
