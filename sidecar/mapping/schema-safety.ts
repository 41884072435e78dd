import type { Json, JsonObject } from "../domain/json";
import { LIMITS } from "./limits";
import { isObject } from "./paths";
import type { PackProblem } from "./problem";
import { jsonPath } from "./shapes";

/** Schemas that a `$ref` may name, by `$id`. */
export type KnownSchemas = ReadonlyMap<string, JsonObject>;

/**
 * What of a JSON Schema must not reach the validator: patterns that can take very long on the wrong text, and references that lead nowhere,
 * out of the pack or round in a circle.
 */
export function checkSchemaSafety(schema: JsonObject, file: string, known: KnownSchemas = new Map()): PackProblem[] {
  const problems: PackProblem[] = [];
  const report = (pointer: string, reason: string, fix: string): void =>
    void problems.push({ file, path: jsonPath(pointer), reason, fix });
  walk(schema, "", (node, pointer) => {
    const patterns: [string, Json][] = [[`${pointer}/pattern`, node["pattern"] ?? null]];
    if (isObject(node["patternProperties"]))
      for (const key of Object.keys(node["patternProperties"])) patterns.push([`${pointer}/patternProperties`, key]);
    for (const [place, pattern] of patterns) {
      const reason = typeof pattern === "string" ? patternFault(pattern) : undefined;
      if (reason !== undefined) report(place, reason, "Use plain character classes, each repeated at most once.");
    }
    if (typeof node["$ref"] !== "string") return;
    const reason = referenceFault(node["$ref"], schema, known);
    if (reason !== undefined)
      report(`${pointer}/$ref`, reason, "Refer to a part under $defs of the pack's own schemas.");
  });
  return problems;
}

function walk(node: Json, pointer: string, visit: (node: JsonObject, pointer: string) => void): void {
  if (isObject(node)) visit(node, pointer);
  if (typeof node !== "object" || node === null) return;
  for (const [key, inner] of Object.entries(node))
    walk(inner, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, visit);
}

/**
 * Time that grows faster than the text comes from repeating what already repeats or chooses, from referring back, and from many repetitions
 * side by side. None of these is needed to describe a code or a number.
 */
function patternFault(pattern: string): string | undefined {
  if (pattern.length > LIMITS.argumentLength) return `the pattern is longer than ${LIMITS.argumentLength} characters`;
  try {
    new RegExp(pattern, "u");
  } catch {
    return "the pattern is no regular expression";
  }
  const bare = pattern.replace(/\\[^1-9k]/g, "x").replace(/\[(?:\\.|[^\]\\])*\]/g, "c");
  const repeats = bare.match(/[*+]|\{\d+,\d*\}/g) ?? [];
  const unsafe = /\)(?:[*+]|\{)/.test(bare) || /\\[1-9k]/.test(bare) || /\(\?[=!<]/.test(bare);
  return unsafe || repeats.length > LIMITS.patternRepeats
    ? "the pattern can take very long on some texts: it repeats a group, refers back, looks around or repeats too often"
    : undefined;
}

function referenceFault(reference: string, home: JsonObject, known: KnownSchemas): string | undefined {
  const seen = new Set<string>();
  let [document, at] = [home, reference];
  for (;;) {
    const [id = "", pointer = ""] = at.split("#");
    const next = id === "" ? document : known.get(id);
    const target = next === undefined ? undefined : targetOf(next, pointer);
    if (next === undefined || target === undefined) return `"${reference.slice(0, 120)}": there is no such part`;
    document = next;
    if (typeof target["$ref"] !== "string") return undefined;
    at = target["$ref"];
    const place = `${textAt(document, "$id")} ${at}`;
    if (seen.has(place)) return `"${reference.slice(0, 120)}" refers to itself`;
    seen.add(place);
  }
}

function targetOf(document: JsonObject, pointer: string): JsonObject | undefined {
  let target: Json | undefined = document;
  for (const part of pointer.split("/").slice(1))
    target = isObject(target) && Object.hasOwn(target, part) ? target[part] : undefined;
  return isObject(target) ? target : undefined;
}

function textAt(schema: JsonObject, key: string): string {
  const value = schema[key];
  return typeof value === "string" ? value : "";
}
