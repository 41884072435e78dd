import type { Logger } from "pino";
import type { Connection } from "../connections";
import type { Fetched, FetchResult } from "../connectors";
import { digest } from "../connectors/digest";
import type { Notice } from "../connectors/webhooks";
import { toFailure, type Failure } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import type { Release } from "../mapping/registry";
import type { Queue } from "../odoo/queue";
import { Wake } from "../outbound/wake";
import type { Metrics } from "../telemetry/metrics";
import { childOf, toTraceparent } from "../telemetry/trace-context";
import type { Inbox } from "./inbox";
import { outcomeOf, type OdooInbound, type ReceiveAnswer } from "./odoo-inbound";
import { isEcho, prepare, unreadable, type Preparation, type Prepared } from "./prepare";
import type { Ended, InboundRecords, Work } from "./records";

export interface WorkerParts {
  connection: Pick<Connection, "config" | "connector">;
  records: Pick<InboundRecords, "claim" | "settle" | "nextIn">;
  inbox: Pick<Inbox, "keep">;
  odoo: Pick<OdooInbound, "receive" | "due">;
  queue: Pick<Queue, "systems">;
  /** The release in force. */
  release: () => Pick<Release, "number" | "mappings">;
  metrics: Metrics;
  log: Logger;
}

/** Records that one round takes, and items that one call hands to Odoo. */
const ROUND = 50;
/** Most text of one call: attachments make items large. */
const CALL_CHARACTERS = 4_000_000;
/** How often it is looked for work that nobody told of. */
const LOOK_EVERY_MS = 5_000;
/** How often Odoo is asked what is due, when nobody told of it. */
const ASK_ODOO_EVERY_MS = 30_000;
const BACK_OFF_MS = { first: 1_000, most: 15 * 60_000 };
/** After a change of Odoo's reached the record: until the vendor shows it. */
const READ_AGAIN_MS = 2_000;
/** Codes of a failed call that say the vendor has no such way to read, or refuses this one record: waiting does not help. */
const HELD_KINDS = new Set(["data", "business", "policy"]);

/**
 * Fetches the records that notices name and hands them to Odoo, round by round (docs/inbound.md). All that is known of its work stands
 * in the store: a worker that dies leaves nothing behind, and any number share a system.
 */
export class InboundWorker {
  private readonly wake = new Wake();
  private readonly abort = new AbortController();
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();
  private askOdooAt = 0;
  /** Why the last round could not be done; null once one could. */
  failure: Failure | null = null;
  private failures = 0;

  constructor(private readonly parts: WorkerParts) {}

  get system(): string {
    return this.parts.connection.config.code;
  }

  start(): void {
    this.loop = this.run();
  }

  /** There is something new. */
  notify(): void {
    this.wake.now();
  }

  /** Odoo has something to be read again. */
  askOdoo(): void {
    this.askOdooAt = 0;
    this.wake.now();
  }

  /** Ends after the round that runs; `deadline` cuts off what it waits for. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.stopping = true;
    this.wake.now();
    const cut = (): void => this.abort.abort();
    if (deadline.aborted) cut();
    deadline.addEventListener("abort", cut, { once: true });
    await this.loop;
    deadline.removeEventListener("abort", cut);
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      let taken = 0;
      try {
        taken = await this.round();
        if (this.failure) this.parts.log.info({ system: this.system }, "what comes in goes on");
        this.failure = null;
        this.failures = 0;
      } catch (thrown) {
        this.noteFailure(toFailure(thrown));
      }
      if (!this.stopping && taken < ROUND) await this.wake.sleep(await this.patience());
    }
  }

  /** One round: what is claimed is fetched, prepared, handed over and settled. Answers how much was claimed. */
  async round(): Promise<number> {
    const { records, queue } = this.parts;
    const known = (await queue.systems()).find(({ code }) => code === this.system);
    if (known?.state !== "active") return 0;
    await this.takeDue();
    const claimed = await records.claim(ROUND);
    if (claimed.length === 0) return 0;
    const traceparent = toTraceparent(childOf(""));
    const { number: release, mappings } = this.parts.release();
    const { code: system, connector } = this.parts.connection.config;
    const under: Preparation = { system, connector, release, mappings, traceparent };
    const wanted = new Set(mappings.inbound.types(connector));
    const byType = new Map<string, Work[]>();
    for (const work of claimed) byType.set(work.type, [...(byType.get(work.type) ?? []), work]);
    const done = await Promise.all(
      [...byType].map(async ([type, works]) => {
        if (wanted.has(type)) return this.carry(type, works, under);
        const leads = this.parts.connection.connector.source.leadsTo(type).some((other) => wanted.has(other));
        return leads ? this.lead(type, works, under) : works.map((work) => over(work, "not_taken"));
      }),
    );
    const ended = done.flat();
    await records.settle(ended);
    this.count(ended);
    return claimed.length;
  }

  /** What Odoo wants again becomes notices like those of vendors: one record is one piece of work, whoever names it. */
  private async takeDue(): Promise<void> {
    if (this.askOdooAt > Date.now()) return;
    const { odoo, inbox } = this.parts;
    const rows = await odoo.due(ROUND);
    this.askOdooAt = rows.length === ROUND ? 0 : Date.now() + ASK_ODOO_EVERY_MS;
    const notices = rows.map(({ delivery_id: deliveryId, type, external_id: externalId, claims }) => ({
      key: `odoo:${deliveryId}:${claims}`,
      event: "odoo.due",
      object: type,
      change: "changed" as const,
      externalId,
      occurredAt: null,
      item: { deliveryId, claims },
    }));
    await inbox.keep(this.system, notices, "odoo");
  }

  private async carry(type: string, works: readonly Work[], under: Preparation): Promise<Ended[]> {
    const fetched = await this.fetch(type, works, under);
    const ended: Ended[] = [];
    const ready: Ready[] = [];
    works.forEach((work, place) => {
      const result = fetched[place];
      const prepared = result && this.prepared(work, result, under);
      if (!prepared) ended.push(again(work, failureOf(result)));
      else if (result && "found" in result && isEcho(work, result, prepared)) ended.push(over(work, "echo"));
      else ready.push({ work, prepared, fetched: result && "found" in result ? result : null });
    });
    for (const batch of calls(ready)) ended.push(...(await this.hand(batch)));
    return ended;
  }

  /** Records that mean nothing to Odoo but are about others that do (an approval of hours): those are named in their place. */
  private async lead(type: string, works: readonly Work[], under: Preparation): Promise<Ended[]> {
    const fetched = await this.fetch(type, works, under);
    const ended: Ended[] = [];
    for (const [place, work] of works.entries()) {
      const result = fetched[place];
      if (!result || !("found" in result)) ended.push(again(work, failureOf(result)));
      else {
        await this.parts.inbox.keep(this.system, ledFrom(work, result), work.firstLoad ? "load" : "webhook");
        ended.push(over(work, "led"));
      }
    }
    return ended;
  }

  private async fetch(type: string, works: readonly Work[], { traceparent }: Preparation): Promise<FetchResult[]> {
    const call = {
      priority: Math.max(...works.map(({ priority }) => priority)),
      traceparent,
      signal: this.abort.signal,
    };
    const ids = works.map(({ externalId }) => externalId);
    return this.parts.connection.connector.source.fetch(type, ids, call);
  }

  /** Null when it is to be fetched again later. */
  private prepared(work: Work, result: FetchResult, under: Preparation): Prepared | null {
    if ("found" in result) return prepare(work, result, under);
    const { failure } = result;
    return HELD_KINDS.has(failure.kind) && failure.retryAfterMs === undefined ? unreadable(work, failure, under) : null;
  }

  private async hand(batch: readonly Ready[]): Promise<Ended[]> {
    try {
      const answers = await this.parts.odoo.receive(batch.map(({ prepared }) => prepared.item));
      await this.fetchMissing(answers);
      return batch.map((ready, place) => settled(ready, answers[place]));
    } catch (thrown) {
      const failure = toFailure(thrown);
      if (failure.kind !== "technical" && batch.length > 1) {
        // One of them Odoo cannot even read: find out which.
        const alone = [];
        for (const one of batch) alone.push(...(await this.hand([one])));
        return alone;
      }
      this.parts.log.warn(
        { system: this.system, error_code: failure.code, reason: failure.message, items: batch.length },
        "Odoo did not take what came in; it is tried again",
      );
      return batch.map(({ work }) => again(work, failure));
    }
  }

  /** What others wait for may never be told of by itself: it was there before the vendor was connected. Once for each row. */
  private async fetchMissing(answers: readonly ReceiveAnswer[]): Promise<void> {
    const notices = answers.flatMap(({ delivery_id: row, wait_for: lane }) => {
      const [, object, externalId] = /^in:([^:,]+),(.+)$/.exec(lane ?? "") ?? [];
      if (object === undefined || externalId === undefined) return [];
      const key = `reference:${row}:${object},${externalId}`;
      return [{ key, event: "reference", object, change: "changed" as const, externalId, occurredAt: null, item: {} }];
    });
    await this.parts.inbox.keep(this.system, notices, "poll");
  }

  private async patience(): Promise<number> {
    if (this.failure) return Math.min(BACK_OFF_MS.first * 2 ** Math.min(this.failures, 6), 60_000);
    const next = await this.parts.records.nextIn().catch(() => null);
    return next === null ? LOOK_EVERY_MS : Math.min(LOOK_EVERY_MS, Math.max(50, next));
  }

  private noteFailure(failure: Failure): void {
    this.failures += 1;
    if (this.failure?.code !== failure.code)
      this.parts.log.warn(
        { system: this.system, error_code: failure.code, reason: failure.message },
        "what comes in cannot be worked on; it is tried again",
      );
    this.failure = failure;
  }

  private count(ended: readonly Ended[]): void {
    const { metrics, log } = this.parts;
    const by = new Map<string, number>();
    for (const { outcome, errorCode } of ended) {
      const name = outcome ?? (errorCode === null ? "read_again" : "retry");
      by.set(name, (by.get(name) ?? 0) + 1);
    }
    for (const [outcome, count] of by) metrics.inbound.inc({ system: this.system, outcome }, count);
    log.info({ system: this.system, ...Object.fromEntries(by) }, "what came in was worked on");
  }
}

interface Ready {
  work: Work;
  prepared: Prepared;
  fetched: Extract<FetchResult, { found: unknown }> | null;
}

function settled({ work, prepared, fetched }: Ready, answer: ReceiveAnswer | undefined): Ended {
  if (!answer) return again(work, toFailure(new Error("Odoo answered nothing about an item")));
  if (answer.read_again) return { work, outcome: null, waitMs: READ_AGAIN_MS, errorCode: null };
  // The row itself could not be written: what Odoo said is the reason, and time may heal it.
  if (answer.state === "received") return again(work, toFailure(new Error(answer.error?.message ?? "not taken")));
  const outcome = outcomeOf(answer);
  const took = answer.state === "delivered";
  const ended: Ended = { work, outcome, waitMs: 0, errorCode: answer.error?.code ?? null };
  if (fetched && took) {
    const vendorTime = fetched.found?.time ?? null;
    const { fetchedAt, found } = fetched;
    ended.seen = { hash: prepared.hash, state: prepared.state, vendorTime, fetchedAt, gone: found === null };
  }
  return ended;
}

/** Notices of what a record is about; the same record as it is now makes them once. */
function ledFrom(work: Work, { found }: Fetched): Notice[] {
  if (found === null) return [];
  const version = digest(found.record);
  return found.leadsTo.map(({ object, id }) => ({
    key: `led:${work.type},${work.externalId}:${version}:${object},${id}`,
    event: `led.${work.type}`,
    object,
    change: "changed",
    externalId: id,
    occurredAt: found.time,
    item: {},
  }));
}

function over(work: Work, outcome: string): Ended {
  return { work, outcome, waitMs: 0, errorCode: null };
}

function again(work: Work, failure: Failure): Ended {
  const grown = Math.min(BACK_OFF_MS.first * 2 ** Math.min(work.tries, 20), BACK_OFF_MS.most);
  const waitMs = Math.max(failure.retryAfterMs ?? 0, grown * (0.75 + Math.random() / 2));
  return { work, outcome: null, waitMs, errorCode: failure.code };
}

function failureOf(result: FetchResult | undefined): Failure {
  return result && "failure" in result ? result.failure : toFailure(new Error("nothing was read"));
}

/** Items in calls that are neither too many nor too large. */
function calls(ready: readonly Ready[]): Ready[][] {
  const batches: Ready[][] = [];
  let size = Infinity;
  for (const one of ready) {
    const characters = lengthOf(one.prepared.item);
    if (size + characters > CALL_CHARACTERS || (batches.at(-1)?.length ?? 0) >= ROUND) {
      batches.push([]);
      size = 0;
    }
    batches.at(-1)?.push(one);
    size += characters;
  }
  return batches;
}

const lengthOf = (item: JsonObject): number => JSON.stringify(item).length;
