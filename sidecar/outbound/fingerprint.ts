import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../domain/json";

/** Hash of a vendor document, the same whatever the order of its keys. Stored on the link, to skip what changes nothing. */
export function fingerprint(document: JsonObject): string {
  return sha256(stable(document));
}

function stable(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value) text += (text === "" ? "" : ",") + stable(item);
    return `[${text}]`;
  }
  for (const key of Object.keys(value).sort())
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${stable(value[key] ?? null)}`;
  return `{${text}}`;
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
