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

/** True for JSON objects, false for arrays, null and scalars. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Empty is null or an empty text: what Odoo has when a field is not filled in. */
export function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "";
}

/**
 * Compiles a path to a reader. A null on the way (an empty many-to-one) reads as null: the value behind it is known to
 * be empty. A missing key on the way reads as absent.
 */
export function compileReader(segments: readonly string[]): Reader {
  const [first, second] = segments;
  if (segments.length === 1 && first !== undefined) {
    return (input) => (Object.hasOwn(input, first) ? input[first] : undefined);
  }
  if (segments.length === 2 && first !== undefined && second !== undefined) {
    return (input) => {
      if (!Object.hasOwn(input, first)) return undefined;
      const inner = input[first];
      if (inner === null) return null;
      if (typeof inner !== "object" || Array.isArray(inner)) return undefined;
      return Object.hasOwn(inner, second) ? inner[second] : undefined;
    };
  }
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
