import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../domain/json";

/** Hash of a vendor document, the same whatever the order of its keys. Stored on the link, to skip what changes nothing. */
export function fingerprint(document: JsonObject): string {
  return createHash("sha256").update(stable(document)).digest("hex").slice(0, 40);
}

function stable(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${stable(value[key] ?? null)}`);
  return `{${entries.join(",")}}`;
}

/**
 * Names the business fact to a vendor that remembers keys: the same for every try of a delivery, another for every
 * event, database and system. 40 hexadecimal digits.
 */
export function idempotencyKey(databaseUuid: string, system: string, lane: string, eventId: number): string {
  return createHash("sha256").update(`${databaseUuid}\n${system}\n${lane}\n${eventId}`).digest("hex").slice(0, 40);
}
