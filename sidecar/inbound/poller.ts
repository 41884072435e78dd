import type { Logger } from "pino";
import type { Connection } from "../connections";
import type { Change, RecordSource } from "../connectors";
import { toFailure, type Failure } from "../domain/errors";
import type { Metrics } from "../telemetry/metrics";
import { childOf, toTraceparent } from "../telemetry/trace-context";
import { PRIORITY } from "./inbox";
import type { Cursor, FailingList, Found, ListedRecords, ListedType } from "./listed-records";

export interface PollerParts {
  connection: Pick<Connection, "config"> & { connector: { source: PolledSource } };
  listed: Pick<
    ListedRecords,
    "begin" | "take" | "advance" | "beginSweep" | "present" | "endSweep" | "end" | "failing" | "lastLooks"
  >;
  /** Types whose changes can be listed and mean something to Odoo, in the release in force. */
  types: () => readonly string[];
  /** Whether webhooks tell of a type, and the door for them is open. */
  told: (type: string) => boolean;
  metrics: Pick<Metrics, "notices" | "missed">;
  log: Logger;
}

export type PolledSource = Pick<RecordSource, "changes" | "deletions" | "sweeps" | "listsDeletions">;

/** How a look at one list ended. */
export interface Look extends Found {
  object: string;
  /** It was the first one: what is there is known now, and only what changes from here on is found. */
  first: boolean;
  /** All that is there was gone through for what is not. */
  swept: boolean;
  /** Why it could not be finished; the next one goes on from where it got to. */
  failure: Failure | null;
}

export interface LookOptions {
  /** Only these types; all when absent. */
  types?: readonly string[];
  /** Not where the last look began less than so long ago. Default: 0. */
  everyMs?: number;
  /** Goes through all that is there where that was last done at least so long ago; null: not at all. */
  sweepMs?: number | null;
}

/** Sweeps read everything: what is alive goes first. */
const SWEEP_PRIORITY = PRIORITY.load;

/**
 * Looks at what changed in one system without having been told: the safety net under webhooks, and the only way where there are none
 * (REC-04). What is found is a notice like those of webhooks; the worker fetches and applies it.
 */
export class Poller {
  private readonly stopped = new AbortController();

  constructor(private readonly parts: PollerParts) {}

  get system(): string {
    return this.parts.connection.config.code;
  }

  get types(): readonly string[] {
    return this.parts.types();
  }

  /** Looks at each list in turn. A list that cannot be read is in the answer with its failure, and does not keep back the others. */
  async look({ types = this.types, everyMs = 0, sweepMs = null }: LookOptions = {}): Promise<Look[]> {
    const looks: Look[] = [];
    for (const object of types) {
      if (this.stopped.signal.aborted) break;
      const cursor = await this.parts.listed.begin({ system: this.system, object }, everyMs);
      if (cursor) looks.push(await this.lookAt(object, cursor, sweepMs));
    }
    return looks;
  }

  /** Lists that could not be read when they were last looked at, by whichever sidecar. */
  async failing(): Promise<FailingList[]> {
    const { types } = this;
    return (await this.parts.listed.failing(this.system)).filter(({ object }) => types.includes(object));
  }

  /** Each of its lists, as the last look found it, by whichever sidecar. */
  async lists(): Promise<{ type: string; lookedAt: Date | null; failing: FailingList | null }[]> {
    const [looks, failing] = await Promise.all([this.parts.listed.lastLooks(this.system), this.failing()]);
    return this.types.map((type) => ({
      type,
      lookedAt: looks.find(({ object }) => object === type)?.lookedAt ?? null,
      failing: failing.find(({ object }) => object === type) ?? null,
    }));
  }

  /** Cuts off a look that runs: it goes on another time. */
  stop(): void {
    this.stopped.abort();
  }

  private async lookAt(object: string, cursor: Cursor, sweepMs: number | null): Promise<Look> {
    const { listed, connection } = this.parts;
    const { source } = connection.connector;
    const look: Look = { object, found: 0, missed: 0, first: !cursor.known, swept: false, failure: null };
    const sweepAgeMs = cursor.startedAt.getTime() - (cursor.sweptAt?.getTime() ?? -Infinity);
    try {
      await this.readChanges(look, cursor);
      if (source.sweeps(object) && sweepMs !== null && sweepAgeMs >= sweepMs) await this.sweep(look, cursor);
    } catch (thrown) {
      look.failure = toFailure(thrown);
    }
    // A look that a shutdown cut off says nothing about the list.
    if (look.failure && this.stopped.signal.aborted) return look;
    await listed.end({ system: this.system, object }, look, look.failure);
    this.tell(look);
    return look;
  }

  private async readChanges(look: Look, cursor: Cursor): Promise<void> {
    const { listed, connection, told } = this.parts;
    const { source } = connection.connector;
    const type = this.typeOf(look);
    const take = async (changes: readonly Change[]): Promise<void> =>
      add(look, await listed.take(type, changes, cursor, told(look.object)));
    const two = source.listsDeletions(look.object);
    let upTo = cursor.time;
    for await (const page of source.changes(look.object, cursor.time, this.call())) {
      await take(page.changes);
      if (page.upTo === null) continue;
      // Not beyond the moment the look began: in a list without order, what changes while it is read may stand where it was read already.
      upTo = page.upTo < cursor.startedAt ? page.upTo : cursor.startedAt;
      if (!two) await listed.advance(type, upTo);
    }
    if (!two) return;
    // Read last, because a deletion may be older than the newest change; the cursor moves on when both lists were read.
    for await (const page of source.deletions(look.object, cursor.time, this.call())) await take(page);
    await listed.advance(type, upTo);
  }

  /** All that is there, page by page. Only a sweep that was read to its end says what is gone. */
  private async sweep(look: Look, cursor: Cursor): Promise<void> {
    const { listed, connection, told } = this.parts;
    const type = this.typeOf(look);
    const begunAt = await listed.beginSweep(type);
    for await (const page of connection.connector.source.deletions(look.object, null, this.call(SWEEP_PRIORITY))) {
      const ids = page.map(({ id }) => id);
      add(look, await listed.present(type, ids, cursor, told(look.object)));
    }
    add(look, await listed.endSweep(type, begunAt, cursor, told(look.object)));
    look.swept = true;
  }

  private typeOf({ object }: Look): ListedType {
    return { system: this.system, object };
  }

  private call(priority = PRIORITY.poll): Parameters<RecordSource["changes"]>[2] {
    return { priority, traceparent: toTraceparent(childOf("")), signal: this.stopped.signal };
  }

  private tell({ object, found, missed, failure }: Look): void {
    const { metrics, log } = this.parts;
    const { system } = this;
    metrics.notices.inc({ system, source: "poll" }, found);
    metrics.missed.inc({ system }, missed);
    if (missed > 0) log.warn({ system, object, found, missed }, "changes were found that no webhook had told of");
    else if (found > 0) log.info({ system, object, found }, "changes were found");
    if (failure)
      log.warn(
        { system, object, error_kind: failure.kind, error_code: failure.code, reason: failure.message },
        "what changed could not be listed; the next look goes on from here",
      );
  }
}

function add(look: Look, { found, missed }: Found): void {
  look.found += found;
  look.missed += missed;
}
