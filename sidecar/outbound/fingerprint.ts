import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../domain/json";

/** Hash of a vendor document, the same whatever the order of its keys. Stored on the link, to skip what changes nothing. */
export function fingerprint(document: JsonObject): string {
  return sha256(JSON.stringify(sorted(document)));
}

/** A copy whose keys stand in order, for one call of JSON.stringify: one for each value takes three times as long. */
function sorted(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const copy: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const held = sorted(value[key] ?? null);
    // assigning to __proto__ would write nothing
    if (key === "__proto__") Object.defineProperty(copy, key, { value: held, enumerable: true });
    else copy[key] = held;
  }
  return copy;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 40);
}

/**
 * Names the business fact to a vendor that remembers keys: the same for every try of a delivery, another for every
 * event, database and system. 40 hexadecimal digits.
 */
export function idempotencyKey(databaseUuid: string, system: string, lane: string, eventId: number): string {
  return sha256(`${databaseUuid}\n${system}\n${lane}\n${eventId}`);
}
