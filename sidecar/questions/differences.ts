import { isDeepStrictEqual } from "node:util";
import type { Json, JsonObject } from "../domain/json";

/** One field whose value a delivery would change, by its dotted path. */
export interface Difference {
  path: string;
  now: Json;
  then: Json;
}

/** The most that are listed; a person reads no more. */
const MOST = 500;

/**
 * Where two documents differ. Lists are compared as a whole. `loosely`: as vendors answer: an empty text is no value, a
 * number or truth value may come as text, and a reference as an object with its id.
 */
export function differences(now: JsonObject, then: JsonObject, loosely = false): Difference[] {
  const found: Difference[] = [];
  compare("", now, then, loosely ? alike : identical, found);
  return found.slice(0, MOST);
}

function compare(path: string, now: Json, then: Json, same: Same, found: Difference[]): void {
  if (same(now, then)) return;
  // What is not there at all is listed field by field.
  const [before, after] = [now === null && isPlain(then) ? {} : now, then === null && isPlain(now) ? {} : then];
  if (!isPlain(before) || !isPlain(after)) {
    found.push({ path, now, then });
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const inner = path === "" ? key : `${path}.${key}`;
    compare(inner, own(before, key), own(after, key), same, found);
  }
}

type Same = (now: Json, then: Json) => boolean;

/** Whatever the order of keys: Postgres keeps its own. */
const identical: Same = (now, then) => isDeepStrictEqual(now, then);

const alike: Same = (now, then) => {
  if (isEmpty(now) || isEmpty(then)) return isEmpty(now) && isEmpty(then);
  if (Array.isArray(now) && Array.isArray(then))
    return now.length === then.length && now.every((item, index) => alike(item, then[index] ?? null));
  if (isPlain(now) && isPlain(then)) return false;
  const ids = isPlain(now) ? [now["gid"], now["id"]] : [now];
  return ids.some((id) => id !== undefined && sameText(id, then));
};

function sameText(now: Json, then: Json): boolean {
  if (typeof now === "object" || typeof then === "object") return identical(now, then);
  if (String(now) === String(then)) return true;
  const [a, b] = [momentOf(now), momentOf(then)];
  return a !== null && a === b;
}

/** The same moment has several forms: with milliseconds or without. */
function momentOf(value: Json): number | null {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT/.test(value)) return null;
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : time;
}

function isEmpty(value: Json): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function isPlain(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(from: JsonObject, key: string): Json {
  return Object.hasOwn(from, key) ? (from[key] ?? null) : null;
}
