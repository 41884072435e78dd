import type { Json, JsonObject } from "../domain/json";
import type { ReadDefinition } from "./definition";
import { parsePath, readPath } from "./json-path";
import { compileRequest, type CallContext, type Caller, type CompiledRequest } from "./request";
import { compileTemplate, type Rendered } from "./template";

/** How a record is read as it stands at the vendor, compiled. */
export interface CompiledRead {
  request: CompiledRequest;
  /** What the record would hold after the delivery. */
  then: Rendered<Json | undefined>;
  record: string[];
}

/** A record at the vendor beside what a delivery would make of it; both by the vendor's field names. */
export interface Comparison {
  /** Of the record, the fields that the delivery would write; null when the vendor has no such record. */
  now: JsonObject | null;
  then: JsonObject;
}

export function compileRead(read: ReadDefinition): CompiledRead {
  return {
    request: compileRequest(read.request, true),
    then: compileTemplate(read.then),
    record: parsePath(read.record ?? ""),
  };
}

/** `externalId`: null when the vendor is known to have no such record. */
export async function readRecord(
  read: CompiledRead,
  externalId: string | null,
  caller: Caller,
  context: CallContext,
): Promise<Comparison> {
  const then = objectOf(read.then(context.scope));
  if (externalId === null) return { now: null, then };
  const scope = { ...context.scope, id: externalId, fields: Object.keys(then).join(",") };
  const asked = await caller.ask(read.request, { ...context, scope });
  if ("absent" in asked) return { now: null, then };
  const record = objectOf(readPath(asked.answer.body, read.record));
  const now = Object.fromEntries(
    Object.keys(then).map((field) => [field, Object.hasOwn(record, field) ? (record[field] ?? null) : null]),
  );
  return { now, then };
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
