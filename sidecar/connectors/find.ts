import { HubError } from "../domain/errors";
import type { Json } from "../domain/json";
import { compileCondition, type Test } from "./condition";
import type { FindDefinition } from "./definition";
import { compileFirst, type Extractor } from "./extract";
import { parsePath, readPath } from "./json-path";
import type { Answer } from "./outcome";
import { compilePagination, type Pages } from "./paging";
import { compileRequest, type CallContext, type Caller, type CompiledRequest } from "./request";

/** A way to find a record by our key, compiled. */
export interface CompiledFind {
  /** The value that must be there for this way to be usable; null when it always is. */
  when: string[] | null;
  request: CompiledRequest;
  records: string[] | null;
  record: string[];
  match: Test | null;
  pages: () => Pages;
  confirm: { request: CompiledRequest; record: string[]; match: Test; read: Map<string, ReadCandidate> } | null;
  id: Extractor;
  /** How long after a create a "not found" may still be wrong. */
  settleMs: number;
}

/** A candidate as it was read by its id. */
interface ReadCandidate {
  answer: Answer | null;
  until: number;
}

/**
 * How long a candidate's reading serves other look-ups: after a crash many deliveries look among the same candidates, and reading each for
 * each would cost their product in calls. A key, once written, does not move to another record.
 */
const CANDIDATE_MS = 120_000;
const CANDIDATES_KEPT = 10_000;

export function compileFind(find: FindDefinition): CompiledFind {
  return {
    when: find.when === undefined ? null : parsePath(find.when),
    request: compileRequest(find.request, true),
    records: find.records === undefined ? null : parsePath(find.records),
    record: parsePath(find.record ?? ""),
    match: find.match ? compileCondition(find.match) : null,
    pages: compilePagination(find.pagination),
    confirm: find.confirm
      ? {
          request: compileRequest(find.confirm.request, true),
          record: parsePath(find.confirm.record ?? ""),
          match: compileCondition(find.confirm.match),
          read: new Map(),
        }
      : null,
    id: compileFirst(find.id),
    settleMs: find.consistency === "strong" ? (find.settleMs ?? 0) : (find.settleMs ?? 30_000),
  };
}

/** The ways that can be used for this document. */
export function usableFinds(finds: readonly CompiledFind[], context: CallContext): CompiledFind[] {
  return finds.filter((find) => {
    if (find.when === null) return true;
    const value = readPath(context.scope as { [root: string]: Json }, find.when);
    return value !== undefined && value !== null && value !== "";
  });
}

/**
 * The vendor's id of the record that carries our key, or null.
 * @throws HubError `duplicate_at_vendor` when several carry it
 */
export async function findByKey(
  finds: readonly CompiledFind[],
  caller: Caller,
  context: CallContext,
): Promise<string | null> {
  const ids = await findAll(finds, caller, context);
  if (ids.length > 1) throw duplicate(ids, context);
  return ids[0] ?? null;
}

/** The ids that the first of these ways finds which finds any. */
export async function findAll(finds: readonly CompiledFind[], caller: Caller, context: CallContext): Promise<string[]> {
  for (const find of finds) {
    const ids = find.records === null ? await readOne(find, caller, context) : await scan(find, caller, context);
    if (ids.length > 0) return ids;
  }
  return [];
}

/** A find that answers one record, or 404. */
async function readOne(find: CompiledFind, caller: Caller, context: CallContext): Promise<string[]> {
  const found = await caller.ask(find.request, context);
  if ("absent" in found) return [];
  const body = readPath(found.answer.body, find.record);
  const id = find.id({ body, headers: found.answer.headers });
  if (id === null) return [];
  return (await carriesKey(find, body, id, caller, context)) ? [id] : [];
}

/** A find that answers a list: every page is looked at, so that a second record with our key is noticed. */
async function scan(find: CompiledFind, caller: Caller, context: CallContext): Promise<string[]> {
  const ids = new Set<string>();
  const pages = find.pages();
  for (let page = pages.first(), more = true; more;) {
    const asked = await caller.ask(find.request, context, page);
    if ("absent" in asked) return [...ids];
    const records = recordsOf(find, asked.answer);
    for (const record of records) {
      const body = readPath(record, find.record);
      const id = find.id({ body, headers: {} });
      if (id !== null && (await carriesKey(find, body, id, caller, context))) ids.add(id);
    }
    const next = pages.next(asked.answer, records.length, context.scope);
    if (next === null) more = false;
    else page = next;
  }
  return [...ids];
}

function recordsOf(find: CompiledFind, answer: Answer): Json[] {
  const records = readPath(answer.body, find.records ?? []);
  if (Array.isArray(records)) return records;
  // some vendors answer a map by id
  return typeof records === "object" && records !== null ? Object.values(records) : [];
}

async function carriesKey(
  find: CompiledFind,
  record: Json | undefined,
  id: string,
  caller: Caller,
  context: CallContext,
): Promise<boolean> {
  if (find.match !== null && !find.match({ body: record, headers: {} }, context.scope)) return false;
  if (find.confirm === null) return true;
  const scope = { ...context.scope, id };
  const answer = await readCandidate(find.confirm, id, caller, { ...context, scope });
  if (answer === null) return false;
  const body = readPath(answer.body, find.confirm.record);
  return find.confirm.match({ body, headers: answer.headers }, scope);
}

async function readCandidate(
  confirm: NonNullable<CompiledFind["confirm"]>,
  id: string,
  caller: Caller,
  context: CallContext,
): Promise<Answer | null> {
  const now = Date.now();
  const known = confirm.read.get(id);
  if (known && known.until > now) return known.answer;
  const read = await caller.ask(confirm.request, context);
  const answer = "absent" in read ? null : read.answer;
  if (confirm.read.size >= CANDIDATES_KEPT) confirm.read.clear();
  confirm.read.set(id, { answer, until: now + CANDIDATE_MS });
  return answer;
}

function duplicate(ids: readonly string[], context: CallContext): HubError {
  return new HubError({
    kind: "data",
    code: "duplicate_at_vendor",
    message: `Several records carry the key ${JSON.stringify(context.scope["key"])}: ${ids.join(", ")}.`,
    hint: "Merge or remove all but one of them at the vendor, then send it again.",
  });
}
