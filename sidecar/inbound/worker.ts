import { setMaxListeners } from "node:events";
import type { Logger } from "pino";
import type { Connection } from "../connections";
import type { FetchResult } from "../connectors";
import { toFailure, type Failure } from "../domain/errors";
import type { Release } from "../mapping/registry";
import type { Queue } from "../odoo/queue";
import { Wake } from "../domain/wake";
import type { Metrics } from "../telemetry/metrics";
import { childOf, toTraceparent } from "../telemetry/trace-context";
import { alike, calls } from "./batches";
import { again, over, settled, type Ready } from "./ended";
import type { Inbox } from "./inbox";
import type { OdooInbound, ReceiveAnswer } from "./odoo-inbound";
import { isEcho, prepare, unreadable, type Preparation, type Prepared } from "./prepare";
import { ledFrom, missingFrom } from "./references";
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
/** How often it is looked for work that nobody told of. */
const LOOK_EVERY_MS = 5_000;
/** How often Odoo is asked what is due, when nobody told of it. */
const ASK_ODOO_EVERY_MS = 30_000;
/** After a round that could not be done. */
const BACK_OFF_MS = { first: 1_000, most: 60_000 };
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

  constructor(private readonly parts: WorkerParts) {
    // As many requests as a round has records listen to it.
    setMaxListeners(0, this.abort.signal);
  }

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
    const read = await Promise.all(
      alike(claimed).map(async ({ type, works }): Promise<Read> => {
        if (wanted.has(type)) return this.read(type, works, under);
        const leads = this.parts.connection.connector.source.leadsTo(type).some((other) => wanted.has(other));
        const ended = leads ? await this.lead(type, works, under) : works.map((work) => over(work, "not_taken"));
        return { ended, ready: [] };
      }),
    );
    const ended = read.flatMap((one) => one.ended);
    // One call after the other: of two at once, the one that waits for a record of the other could miss that it has come.
    for (const { ready } of read) for (const batch of calls(ready, ROUND)) ended.push(...(await this.hand(batch)));
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

  /** Fetches records of one type, and prepares those that Odoo is to be told of. */
  private async read(type: string, works: readonly Work[], under: Preparation): Promise<Read> {
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
    return { ended, ready };
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

  private async fetch(type: string, works: readonly Work[], under: Preparation): Promise<FetchResult[]> {
    const call = {
      priority: Math.max(...works.map(({ priority }) => priority)),
      traceparent: under.traceparent,
      signal: this.abort.signal,
      reads: under.mappings.inbound.reads(under.connector, type),
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
    await this.parts.inbox.keep(this.system, missingFrom(answers), "poll");
  }

  private async patience(): Promise<number> {
    if (this.failure) return Math.min(BACK_OFF_MS.first * 2 ** Math.min(this.failures, 6), BACK_OFF_MS.most);
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

/** What became of records that were fetched: done with, or to be handed over. */
interface Read {
  ended: Ended[];
  ready: Ready[];
}

function failureOf(result: FetchResult | undefined): Failure {
  return result && "failure" in result ? result.failure : toFailure(new Error("nothing was read"));
}
