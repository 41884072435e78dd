import { HubError } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import { compileCondition, type Test } from "./condition";
import type { AlsoDefinition, FetchDefinition } from "./definition-incoming";
import { compileExtract, compileFirst, type Extractor } from "./extract";
import { compileFields, type FieldsAsked } from "./fetch-fields";
import { parsePath, readPath } from "./json-path";
import { momentOf } from "./moment";
import { compileShape, matching, type Shape } from "./shape";
import { compileRequest, type CallContext, type Caller, type CompiledRequest } from "./request";

/** How a type's records are read to be taken over, compiled. */
export interface CompiledFetch {
  request: CompiledRequest;
  fields: FieldsAsked | null;
  record: string[];
  match: Test | null;
  id: Extractor;
  oldIds: Extractor[];
  time: Extractor;
  gone: Test | null;
  batch: { max: number; request: CompiledRequest; records: string[]; record: string[] } | null;
  also: CompiledAlso[];
  leadsTo: { each: string[]; id: Extractor; object: string }[];
}

interface CompiledAlso {
  name: string;
  when: string[] | null;
  each: string[] | null;
  request: CompiledRequest | null;
  shape: Shape;
}

/** A record as the vendor holds it now. */
export interface VendorRecord {
  /** Its own id; another than the asked one where that one was merged into it. */
  id: string;
  record: JsonObject;
  /** Ids that were merged into it, as far as the vendor says. */
  oldIds: string[];
  /** When it was last changed there. */
  time: Date | null;
  /** Records of other types that it is about. */
  leadsTo: { object: string; id: string }[];
}

export function compileFetch(fetch: FetchDefinition): CompiledFetch {
  const { batch } = fetch;
  return {
    request: compileRequest(fetch.request, true),
    fields: compileFields(fetch),
    record: parsePath(fetch.record ?? ""),
    match: fetch.match ? compileCondition(fetch.match) : null,
    id: compileFirst(fetch.id ?? "id"),
    oldIds: (fetch.oldIds ?? []).map(compileExtract),
    time: compileFirst(fetch.time),
    gone: fetch.gone ? compileCondition(fetch.gone) : null,
    batch: batch
      ? {
          max: batch.max,
          request: compileRequest(batch.request, true),
          records: parsePath(batch.records),
          record: parsePath(batch.record ?? ""),
        }
      : null,
    also: Object.entries(fetch.also ?? {}).map(compileAlso),
    leadsTo: (fetch.leadsTo ?? []).map(({ each, id, object }) => ({
      each: parsePath(each),
      id: compileExtract(id),
      object,
    })),
  };
}

function compileAlso([name, also]: [string, AlsoDefinition]): CompiledAlso {
  return {
    name,
    when: also.when === undefined ? null : parsePath(also.when),
    each: also.each === undefined ? null : parsePath(also.each),
    request: also.request ? compileRequest(also.request, true) : null,
    shape: compileShape(also),
  };
}

/**
 * Reads one record; null when the vendor has none, or holds it as deleted.
 * @throws HubError with the failure the answer means; `record_unreadable` for a success that holds no record: not everything else is a deletion
 */
export async function fetchOne(
  fetch: CompiledFetch,
  id: string,
  caller: Caller,
  context: CallContext,
): Promise<VendorRecord | null> {
  const asked = await caller.ask(fetch.request, { ...context, scope: { ...context.scope, id } });
  if ("absent" in asked) return null;
  const body = readPath(asked.answer.body, fetch.record);
  if (!saysWhetherThere(fetch, asked.answer.body, body)) throw recordUnreadable();
  const record = fetch.match ? matching(fetch.match, listOf(body), { ...context.scope, id }) : body;
  return complete(fetch, id, record, caller, context);
}

/** Whether an answer holds a record, or says in the place of one that there is none: by null, or by a list without it. */
function saysWhetherThere({ match, record }: CompiledFetch, answer: Json | undefined, body: Json | undefined): boolean {
  if (body === null || isRecord(body)) return true;
  return Array.isArray(match ? body : record.length > 0 && readPath(answer, record.slice(0, -1)));
}

function recordUnreadable(): HubError {
  return new HubError({
    kind: "technical",
    code: "record_unreadable",
    message: "The answer holds no record where the connector definition says, and does not say that it is gone.",
    hint: "It is read again by itself. If this goes on, compare fetch.record of the connector definition with the vendor's answer.",
    field: "fetch.record",
  });
}

/** Reads many with one request, by their ids; those that the answer does not hold are not in the map. */
export async function fetchBatch(
  fetch: CompiledFetch,
  batch: NonNullable<CompiledFetch["batch"]>,
  ids: readonly string[],
  caller: Caller,
  context: CallContext,
): Promise<Map<string, VendorRecord | null>> {
  const asked = await caller.ask(batch.request, { ...context, scope: { ...context.scope, ids: [...ids] } });
  const entries = "absent" in asked ? [] : listOf(readPath(asked.answer.body, batch.records));
  const found = new Map<string, VendorRecord | null>();
  await Promise.all(
    entries.map(async (entry) => {
      const record = readPath(entry, batch.record);
      const id = fetch.id({ body: record, headers: {} });
      if (id !== null && ids.includes(id)) found.set(id, await complete(fetch, id, record, caller, context));
    }),
  );
  return found;
}

async function complete(
  fetch: CompiledFetch,
  asked: string,
  body: Json | undefined,
  caller: Caller,
  context: CallContext,
): Promise<VendorRecord | null> {
  if (!isRecord(body)) return null;
  const evidence = { body, headers: {} };
  if (fetch.gone?.(evidence, context.scope) === true) return null;
  const id = fetch.id(evidence) ?? asked;
  const record = await withMore(fetch.also, id, body, caller, context);
  const oldIds = fetch.oldIds.flatMap((extract) => (extract(evidence) ?? "").split(/[;,]/).map((old) => old.trim()));
  const merged = new Set([...oldIds, asked].filter((old) => old !== "" && old !== id));
  const leadsTo = fetch.leadsTo.flatMap(({ each, id: idOf, object }) =>
    listOf(readPath(record, each)).flatMap((item) => {
      const found = idOf({ body: item, headers: {} });
      return found === null ? [] : [{ object, id: found }];
    }),
  );
  return { id, record, oldIds: [...merged], time: momentOf(fetch.time(evidence)), leadsTo };
}

/** The record with what belongs to it and is read by requests of its own. */
async function withMore(
  also: readonly CompiledAlso[],
  id: string,
  record: JsonObject,
  caller: Caller,
  context: CallContext,
): Promise<JsonObject> {
  let whole = record;
  for (const more of also) {
    const scope = { ...context.scope, id, record: whole };
    if (more.when !== null && isBlank(readPath(scope, more.when))) continue;
    const ask = async (item?: Json): Promise<Json> => {
      const itsScope = item === undefined ? scope : { ...scope, item };
      if (more.request === null) return more.shape(whole, itsScope);
      const asked = await caller.ask(more.request, { ...context, scope: itsScope });
      return "absent" in asked ? null : more.shape(asked.answer.body, itsScope);
    };
    const items = more.each === null ? null : listOf(readPath(scope, more.each));
    const answers = items === null ? await ask() : await Promise.all(items.map(ask));
    whole = { ...whole, [more.name]: answers };
  }
  return whole;
}

/** Some vendors answer a map by id. */
export function listOf(value: Json | undefined): Json[] {
  if (Array.isArray(value)) return value;
  return isRecord(value) ? Object.values(value) : [];
}

function isRecord(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isBlank(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "" || value === false;
}
