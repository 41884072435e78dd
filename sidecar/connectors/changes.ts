import { HubError, type Failure } from "../domain/errors";
import type { Json } from "../domain/json";
import { compileCondition, type Test } from "./condition";
import type { Pagination } from "./definition";
import type { ChangesDefinition, DeletionsDefinition } from "./definition-incoming";
import { digest } from "./digest";
import { compileFirst, type Extractor } from "./extract";
import { listOf } from "./fetch";
import { parsePath, readPath } from "./json-path";
import { momentOf } from "./moment";
import type { Answer } from "./outcome";
import { compilePagination, type Pages } from "./paging";
import { compileRequest, type CallContext, type Caller, type CompiledRequest, type NextPage } from "./request";

/** A record that a list names. */
export interface Change {
  id: string;
  /** When it was last changed; null where the list does not say. */
  time: Date | null;
  deleted: boolean;
  /** The same as long as the record's entry is the same: a change that is listed again is known again by it. */
  version: string;
}

/** What one request of a list answered. */
export interface ChangePage {
  changes: Change[];
  /** Everything that changed before this moment was answered; null while that is not known. */
  upTo: Date | null;
}

/** How changes are listed, compiled. */
export interface CompiledChanges {
  list: CompiledList;
  overlapMs: number;
  ascending: boolean;
  write: (since: Date) => string;
  deletions: { list: CompiledList; present: boolean } | null;
}

interface CompiledList {
  request: CompiledRequest;
  records: string[];
  record: string[];
  each: string[] | null;
  id: Extractor;
  time: Extractor;
  pages: () => Pages;
  deleted: Test | null;
}

const DEFAULT_OVERLAP_MS = 60_000;

const WRITE: Record<NonNullable<ChangesDefinition["timeFormat"]>, (since: Date) => string> = {
  iso8601: (since) => since.toISOString(),
  milliseconds: (since) => String(since.getTime()),
  seconds: (since) => String(Math.floor(since.getTime() / 1000)),
  date: (since) => since.toISOString().slice(0, 10),
};

export function compileChanges(changes: ChangesDefinition): CompiledChanges {
  const { deletions } = changes;
  return {
    list: compileList(changes, changes.deleted ? compileCondition(changes.deleted) : null),
    overlapMs: changes.overlapMs ?? DEFAULT_OVERLAP_MS,
    ascending: changes.order === "ascending",
    write: WRITE[changes.timeFormat ?? "iso8601"],
    deletions: deletions ? { list: compileList(deletions, null), present: deletions.lists === "present" } : null,
  };
}

type ListDefinition = Pick<DeletionsDefinition, "request" | "records" | "record" | "each" | "id" | "time"> & {
  pagination?: Pagination;
};

function compileList(list: ListDefinition, deleted: Test | null): CompiledList {
  return {
    request: compileRequest(list.request, true),
    records: parsePath(list.records),
    record: parsePath(list.record ?? ""),
    each: list.each === undefined ? null : parsePath(list.each),
    id: compileFirst(list.id),
    time: compileFirst(list.time),
    pages: compilePagination(list.pagination),
    deleted,
  };
}

/**
 * What changed since a moment, page by page. A list in the order of time is asked for anew from the last moment of each full page: a
 * record that is changed meanwhile moves to the list's end, and with counted pages those behind it would be passed over. Only records
 * of one and the same moment that fill a page are gone through by the vendor's own pages.
 * @param since null: from the beginning
 */
export async function* listChanges(
  changes: CompiledChanges,
  since: Date | null,
  caller: Caller,
  context: CallContext,
): AsyncGenerator<ChangePage> {
  const begin = since === null ? new Date(0) : new Date(since.getTime() - changes.overlapMs);
  const { list, ascending, write } = changes;
  let from = begin;
  let newest = since;
  let run = list.pages();
  let page = run.first();
  for (;;) {
    const scope = { ...context.scope, since: write(from) };
    const answer = await pageOf(list, caller, { ...context, scope }, page);
    const { entries, listed } = changesOf(list, answer, context);
    for (const { time } of entries) if (time !== null && (newest === null || time > newest)) newest = time;
    // Some lists cannot be asked for what is new, and show everything.
    const fresh = entries.filter(({ time }) => time === null || time >= begin);
    const next = run.next(answer, listed, scope);
    if (next === null) {
      yield { changes: fresh, upTo: newest };
      return;
    }
    const last = entries.at(-1)?.time ?? null;
    if (ascending && last !== null && last > from) {
      checkOrder(entries);
      yield { changes: fresh, upTo: last };
      from = last;
      run = list.pages();
      page = run.first();
    } else {
      yield { changes: fresh, upTo: null };
      page = next;
    }
  }
}

/** What a list of deletions holds, page by page: deleted records, or (`present`) all that are there. */
export async function* listDeletions(
  changes: CompiledChanges,
  since: Date | null,
  caller: Caller,
  context: CallContext,
): AsyncGenerator<Change[]> {
  if (!changes.deletions) return;
  const { list, present } = changes.deletions;
  const begin = since === null ? new Date(0) : new Date(since.getTime() - changes.overlapMs);
  const scope = { ...context.scope, since: changes.write(begin) };
  const run = list.pages();
  for (let page = run.first(); ;) {
    const answer = await pageOf(list, caller, { ...context, scope }, page);
    if (present && !isObject(readPath(answer.body, list.records))) throw listMissing(NO_LIST);
    const { entries, listed } = changesOf(list, answer, context);
    yield entries.map((entry) => ({ ...entry, deleted: true }));
    const next = run.next(answer, listed, scope);
    if (next === null) return;
    page = next;
  }
}

/**
 * One page of a list. A list that is not there is no empty list: taken for one, every record in it would count as deleted.
 * @throws HubError with the failure the answer means
 */
async function pageOf(list: CompiledList, caller: Caller, context: CallContext, page: NextPage): Promise<Answer> {
  const asked = await caller.ask(list.request, context, page);
  if ("absent" in asked) throw listMissing(asked.absent);
  return asked.answer;
}

/** The records of one answer, and how many entries it listed: each may hold several records, or none. */
function changesOf(list: CompiledList, answer: Answer, context: CallContext): { entries: Change[]; listed: number } {
  const { each } = list;
  const listed = listOf(readPath(answer.body, list.records)).map((entry: Json) => readPath(entry, list.record));
  const bodies = each === null ? listed : listed.flatMap((body) => listOf(readPath(body, each)));
  const entries = bodies.map((body) => {
    const evidence = { body, headers: {} };
    const id = list.id(evidence);
    if (id === null) throw withoutId();
    const time = momentOf(list.time(evidence));
    const deleted = list.deleted?.(evidence, context.scope) ?? false;
    return { id, time, deleted, version: time?.toISOString() ?? digest(body ?? null) };
  });
  return { entries, listed: listed.length };
}

/** A list that is not in the order it is said to be in would let changes be passed over without anybody noticing. */
function checkOrder(entries: readonly Change[]): void {
  let before = 0;
  for (const { time } of entries) {
    const at = time?.getTime() ?? Infinity;
    if (at < before || at === Infinity) throw notInOrder();
    before = at;
  }
}

const NO_LIST = { message: "The answer holds no list where the connector definition says." };

function isObject(value: Json | undefined): boolean {
  return typeof value === "object" && value !== null;
}

function listMissing(said: Pick<Failure, "message">): HubError {
  return new HubError({
    kind: "data",
    code: "list_missing",
    message: said.message,
    hint: "Check the connection's settings (the account or workspace they name), and the path and records of changes in the connector definition.",
    field: "changes.request",
  });
}

function withoutId(): HubError {
  return new HubError({
    kind: "data",
    code: "list_without_id",
    message: "An entry of the list of changes has no id where the connector definition says.",
    hint: "Compare changes.id of the connector definition with the vendor's answer.",
    field: "changes.id",
  });
}

function notInOrder(): HubError {
  return new HubError({
    kind: "data",
    code: "list_not_in_order",
    message: "The list of changes is not in the order of time that the connector definition promises.",
    hint: 'Ask for that order in the request of changes, or take "order" out of the connector definition.',
    field: "changes.order",
  });
}
