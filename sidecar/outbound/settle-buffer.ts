import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { Settlement } from "../domain/delivery";
import { isHubError, toFailure } from "../domain/errors";
import type { Queue, Settled } from "../odoo/queue";

/** Most settlements in one statement; more gain nothing (measured). */
const MAX_ROWS = 500;
/**
 * How long the first settlement of a batch waits for company while more is on the way. A row of a statement of 500 costs Postgres two thirds of one of
 * 100 (measured), and only the next change of the same record waits for it.
 */
const MAX_WAIT_MS = 50;
const RETRY_MS = [100, 250, 500, 1_000, 2_000, 5_000];

interface Entry {
  lane: string;
  settlement: Settlement;
  /** Told what the queue said, or null. */
  done(settled: Settled | null): void;
}

/**
 * Collects outcomes and settles them in batches, one statement at a time. An outcome is never dropped because the
 * database is away: the batch is tried again until it is taken or the sidecar must stop; after that the lease runs out,
 * and the delivery comes back as unknown.
 */
export class SettleBuffer {
  private entries: Entry[] = [];
  private timer: NodeJS.Timeout | null = null;
  private flushing: Promise<void> | null = null;
  private readonly giveUp = new AbortController();

  constructor(
    private readonly queue: Pick<Queue, "settle" | "unpark">,
    private readonly worker: string,
    private readonly system: string,
    private readonly log: Logger,
    /** Deliveries whose outcomes are still to be stored, those that wait here included. */
    private readonly unsettled: () => number,
    /** Told what the queue answered to each batch. */
    private readonly onSettled: (settled: readonly Settled[]) => void = () => undefined,
  ) {}

  /** Resolves once the outcome is stored; null when it could not be, which the queue's lease makes good. */
  add(lane: string, settlement: Settlement): Promise<Settled | null> {
    return new Promise((resolve) => this.put(lane, settlement, resolve));
  }

  /** As `add`, for who needs no promise. */
  put(lane: string, settlement: Settlement, done: Entry["done"]): void {
    this.entries.push({ lane, settlement, done });
    this.schedule();
  }

  /** Settles what is left. With `deadline` it stops trying then. */
  async drain(deadline: AbortSignal): Promise<void> {
    const stop = (): void => this.giveUp.abort();
    if (deadline.aborted) stop();
    deadline.addEventListener("abort", stop, { once: true });
    while (this.entries.length > 0 || this.flushing) {
      this.flush();
      await this.flushing;
    }
    deadline.removeEventListener("abort", stop);
  }

  /** A full batch goes at once, and so does one for which nobody comes any more. */
  private schedule(): void {
    const { length } = this.entries;
    if (this.flushing || length === 0) return;
    if (length >= MAX_ROWS || length >= this.unsettled()) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), MAX_WAIT_MS);
  }

  private flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (this.flushing || this.entries.length === 0) return;
    this.flushing = this.flushBatch().finally(() => {
      this.flushing = null;
      this.schedule();
    });
  }

  private async flushBatch(): Promise<void> {
    const batch = this.entries.splice(0, MAX_ROWS);
    await this.settle(batch);
    await this.unpark(batch);
  }

  private async settle(batch: Entry[]): Promise<void> {
    const settlements = batch.map((entry) => entry.settlement);
    for (let failures = 0; ; failures += 1) {
      try {
        const answers = await this.queue.settle(this.worker, settlements);
        return this.tell(batch, answers);
      } catch (thrown) {
        if (isHubError(thrown) && thrown.kind === "data") return this.isolate(batch, thrown);
        const { code, message } = toFailure(thrown);
        this.log.warn(
          { system: this.system, error_code: code, reason: message, count: batch.length },
          "settling failed, trying again",
        );
        const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 5_000;
        await delay(wait, undefined, { signal: this.giveUp.signal }).catch(() => undefined);
        if (this.giveUp.signal.aborted) return this.abandon(batch, message);
      }
    }
  }

  private tell(batch: Entry[], answers: readonly Settled[]): void {
    const byId = new Map(answers.map((settled) => [settled.id, settled]));
    for (const entry of batch) this.done(entry, byId.get(entry.settlement.id) ?? null);
    this.onSettled(answers);
  }

  /** It is stored or given up, so a defect in who is told must not have it settled again, nor keep the others from hearing. */
  private done(entry: Entry, settled: Settled | null): void {
    try {
      entry.done(settled);
    } catch (thrown) {
      this.log.error({ system: this.system, err: thrown }, "a defect after an outcome was stored");
    }
  }

  /** The database takes every outcome but one it cannot store: it is found by halving, so that the others are not lost. */
  private async isolate(batch: Entry[], thrown: Error): Promise<void> {
    if (batch.length === 1) return this.abandon(batch, thrown.message);
    const middle = Math.ceil(batch.length / 2);
    await this.settle(batch.slice(0, middle));
    await this.settle(batch.slice(middle));
  }

  private abandon(batch: Entry[], reason: string): void {
    const deliveries = batch.map((entry) => entry.settlement.id);
    this.log.error(
      { system: this.system, deliveries, reason },
      "outcomes could not be stored; their leases will run out",
    );
    for (const entry of batch) this.done(entry, null);
  }

  /** Wakes what waited behind the batch. When it fails the reaper does it a little later. */
  private async unpark(batch: Entry[]): Promise<void> {
    const lanes = batch.filter((entry) => entry.settlement.outcome !== "applied").map((entry) => entry.lane);
    if (lanes.length === 0 || this.giveUp.signal.aborted) return;
    try {
      await this.queue.unpark(this.system, [...new Set(lanes)]);
    } catch (thrown) {
      const { code, message } = toFailure(thrown);
      this.log.warn({ system: this.system, error_code: code, reason: message }, "waking waiting deliveries failed");
    }
  }
}
