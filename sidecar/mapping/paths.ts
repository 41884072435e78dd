import type { Json, JsonObject } from "../domain/json";
import { LIMITS } from "./limits";

/** Reads a value; undefined means that it is not there at all, which is not the same as empty (null). */
export type Reader = (input: JsonObject) => Json | undefined;

// Names that lead to the prototype. Reading goes through Object.hasOwn anyway; writing them is what must never happen.
const REFUSED = new Set(["__proto__", "constructor", "prototype"]);

/** Splits `parent_id.vat` and says in words what is wrong with a bad path. */
export function parsePath(path: string): { segments: string[] } | { reason: string } {
  const segments = path.split(".");
  if (segments.length > LIMITS.pathSegments)
    return { reason: `the path has more than ${LIMITS.pathSegments} segments` };
  for (const segment of segments) {
    if (segment === "") return { reason: `the path "${path}" has an empty segment` };
    if (REFUSED.has(segment)) return { reason: `the path segment "${segment}" is not allowed` };
  }
  return { segments };
}

/** The items of an object whose names are data, in the order of the names. An empty list is what PHP says for an empty object. */
export function entriesOf(value: Json | undefined): Json | undefined {
  if (Array.isArray(value) && value.length === 0) return null;
  if (!isObject(value)) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([key, item]) => ({ key, value: item }));
}

/** True for JSON objects, false for arrays, null and scalars. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Empty is null or an empty text: what Odoo has when a field is not filled in. */
export function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "";
}

/**
 * Whether JSON data has a value by this name only where somebody wrote it: no plain object, list or text has it by birth. Such a name can be
 * read without asking first whether it is the object's own, which costs more than the reading.
 */
export function isPlainName(name: string): boolean {
  return name !== "" && !(name in Object.prototype) && !(name in Array.prototype) && !/^\d+$/.test(name);
}

/**
 * Compiles a path to a reader. A null on the way (an empty many-to-one) reads as null: the value behind it is known to
 * be empty. A missing key on the way reads as absent.
 */
export function compileReader(segments: readonly string[]): Reader {
  if (!segments.every(isPlainName)) return carefulReader(segments);
  const [first = "", second = "", third = ""] = segments;
  switch (segments.length) {
    case 1:
      return (input) => input[first];
    case 2:
      return (input) => {
        const inner = input[first];
        if (typeof inner !== "object") return undefined;
        return inner === null ? null : (inner as JsonObject)[second];
      };
    case 3:
      return (input) => {
        const inner = input[first];
        if (typeof inner !== "object") return undefined;
        if (inner === null) return null;
        const innermost = (inner as JsonObject)[second];
        if (typeof innermost !== "object") return undefined;
        return innermost === null ? null : (innermost as JsonObject)[third];
      };
    default:
      return (input) => {
        let value: Json | undefined = input;
        for (let index = 0; index < segments.length; index += 1) {
          if (typeof value !== "object") return undefined;
          if (value === null) return null;
          value = (value as JsonObject)[segments[index] as string];
        }
        return value;
      };
  }
}

/** For names that objects have by birth (`toString`, `length`): asks at every step whether somebody wrote it. */
function carefulReader(segments: readonly string[]): Reader {
  return (input) => {
    let value: Json | undefined = input;
    for (const segment of segments) {
      if (value === null) return null;
      if (!isObject(value) || !Object.hasOwn(value, segment)) return undefined;
      value = value[segment];
    }
    return value;
  };
}
