import type { ClaimedDelivery } from "../domain/delivery";
import { toFailure, type Failure } from "../domain/errors";
import { isBackfill } from "../domain/priority";
import type { BucketUse } from "../domain/shared-state";
import { Wake } from "../domain/wake";
import { Carry } from "./carry";
import { Dispatch } from "./dispatch";
import { Leases } from "./leases";
import { MissingRecords } from "./missing-records";
import { notSent } from "./outcome";
import { Reach, type Room } from "./reach";
import { SettleBuffer } from "./settle-buffer";
import type { SystemParts } from "./system-parts";
import { WriteBacks } from "./write-back";

/** After a failed claim the next one waits at least and at most so long. */
const CLAIM_RETRY_MS = { first: 500, most: 10_000 };

/** Full rounds of requests held: one on the way, one ready to follow. */
const ROUNDS_HELD = 2;

const NO_ROOM: Room = { rows: 0, backfill: 0 };

/** The time the pause needs to reach the queue; until then nothing is claimed here. */
const CREDENTIAL_PATIENCE_MS = 2_000;

export interface PumpStatus {
  code: string;
  inFlight: number;
  breaker: "closed" | "open" | "half-open";
  retryAt: Date | null;
  /** What the last claim said when it failed; null when the queue answers. */
  claimFailure: Failure | null;
}

/**
 * Carries the deliveries of one system. Every system has a pump of its own, so that a slow one never holds back another:
 * claim up to the free capacity, hand the batch on, and look again on a notification, on freed capacity or after the poll interval.
 */
export class Pump {
  private readonly wake = new Wake();
  private readonly abort = new AbortController();
  private readonly dispatch: Dispatch;
  private readonly leases: Leases;
  private readonly settle: SettleBuffer;
  private readonly carry: Carry;
  private readonly batches = new Set<Promise<void>>();
  private readonly reach: Reach;
  private loop: Promise<void> | null = null;
  private stopping = false;
  /** No claim before this moment, by `Date.now()`: the system asked for patience. */
  private notBefore = 0;
  /** No backfill before this moment: the rate limit has no place for it, which says nothing about live work. */
  private backfillNotBefore = 0;
  private claimFailures = 0;
  private claimFailure: Failure | null = null;
  private paused = false;

  constructor(private readonly parts: SystemParts) {
    const { queue, worker, code, log, connector, delivery, metrics } = parts;
    this.reach = connector.blind
      ? new Reach(1)
      : new Reach(ROUNDS_HELD * parts.concurrency * connector.largestBatch, delivery.maxInFlight);
    this.dispatch = new Dispatch(connector, parts.concurrency, this.abort.signal);
    this.leases = new Leases(queue, worker, delivery.leaseSeconds, log, {
      onLost: () => metrics.leasesLost.inc({ system: code }),
      onReleased: (delivery) => {
        if (this.reach.release(delivery)) this.wake.now();
      },
    });
    this.settle = new SettleBuffer(
      queue,
      worker,
      code,
      log,
      () => this.leases.size,
      (settled) => parts.problems.settled(settled),
    );
    this.carry = new Carry(parts, {
      dispatch: this.dispatch,
      leases: this.leases,
      settle: this.settle,
      missing: new MissingRecords(parts.records, code),
      writeBacks: new WriteBacks(parts.records, code),
      onRefusal: (failure, priority) => this.noteRefusal(failure, priority),
    });
  }

  get code(): string {
    return this.parts.code;
  }

  status(): PumpStatus {
    const { breaker, retryAt } = this.parts.connector.health();
    return { code: this.code, inFlight: this.leases.size, breaker, retryAt, claimFailure: this.claimFailure };
  }

  /** The system's rate limits and their use. */
  limits(): BucketUse[] {
    return this.parts.connector.limits();
  }

  start(): void {
    this.leases.start();
    this.loop = this.run();
  }

  /** There may be new work. */
  notify(): void {
    this.wake.now();
  }

  /**
   * Stops claiming, hands back what was not sent, waits for what is on the way until `deadline`, then cuts it off: what
   * was cut off settles as unknown and is looked up by whoever claims it next.
   */
  async stop(deadline: AbortSignal): Promise<void> {
    this.stopping = true;
    this.wake.now();
    this.dispatch.halt();
    await this.loop;
    const cut = (): void => this.abort.abort();
    if (deadline.aborted) cut();
    deadline.addEventListener("abort", cut, { once: true });
    await Promise.all(this.batches);
    await this.settle.drain(deadline);
    await this.leases.stop();
    deadline.removeEventListener("abort", cut);
    await this.parts.connector.close();
  }

  private async run(): Promise<void> {
    await this.parts.catchUp();
    while (!this.stopping) {
      const room = this.mayClaim();
      const claimed = room.rows > 0 ? await this.claim(room) : 0;
      // A full claim says that there is more: look again at once.
      if (room.rows === 0 || claimed < room.rows) await this.wake.sleep(this.pause());
    }
  }

  /** How many deliveries may be taken now: free capacity, one while the breaker probes, none while it is open. */
  private mayClaim(): Room {
    if (this.notBefore > Date.now()) return NO_ROOM;
    const { breaker, retryAt, since, reason } = this.parts.connector.health();
    if (breaker === "closed") {
      const { rows, backfill } = this.reach.room();
      const mayBackfill = this.backfillNotBefore <= Date.now();
      return { rows: Math.min(rows, this.parts.delivery.claimSize), backfill: mayBackfill ? backfill : 0 };
    }
    if (breaker === "open" && retryAt && retryAt.getTime() > Date.now()) {
      this.notBefore = retryAt.getTime();
      this.pauseSystem("breaker", this.stoppedWords(reason), retryAt, since);
      return NO_ROOM;
    }
    return this.leases.size === 0 ? { rows: 1, backfill: 1 } : NO_ROOM;
  }

  private pause(): number {
    const patience = this.notBefore - Date.now();
    if (patience > 0) return patience;
    if (this.claimFailure) return Math.min(CLAIM_RETRY_MS.first * 2 ** this.claimFailures, CLAIM_RETRY_MS.most);
    const untilBackfill = this.backfillNotBefore - Date.now();
    return untilBackfill > 0 ? Math.min(untilBackfill, this.parts.delivery.pollMs) : this.parts.delivery.pollMs;
  }

  private async claim({ rows, backfill }: Room): Promise<number> {
    const { queue, worker, code, delivery, log } = this.parts;
    const claimedAt = performance.now();
    try {
      const { claimed, parked, braked } = await queue.claim(worker, code, rows, delivery.leaseSeconds, backfill);
      if (this.claimFailure) log.info({ system: code }, "the queue answers again");
      this.claimFailure = null;
      this.claimFailures = 0;
      this.leases.hold(claimed, claimedAt);
      this.reach.hold(claimed);
      // What was parked is looked at once more, because the delivery in front may have ended meanwhile.
      if (parked.length > 0) this.track(queue.unpark(code, [...new Set(parked)]).then(() => undefined));
      if (claimed.length > 0) this.track(this.carryOn(claimed, claimedAt));
      return claimed.length + braked;
    } catch (thrown) {
      const failure = toFailure(thrown);
      if (this.claimFailure?.code !== failure.code) this.logClaimFailure(failure);
      this.claimFailure = failure;
      this.claimFailures += 1;
      return 0;
    }
  }

  private async carryOn(claimed: readonly ClaimedDelivery[], claimedAt: number): Promise<void> {
    await this.carry.batch(claimed);
    this.parts.shadow.observe(this.code, this.parts.connectorName, claimed);
    this.reach.ended(claimed.length, performance.now() - claimedAt);
  }

  /** A system that Odoo has not heard of is no trouble at a first start: the catalogue brings it within moments. */
  private logClaimFailure({ kind, code, message }: Failure): void {
    const level = code === "system_unknown" ? "info" : "warn";
    const line = { system: this.code, error_kind: kind, error_code: code, reason: message };
    this.parts.log[level](line, "claiming failed");
  }

  private track(work: Promise<void>): void {
    const tracked = work
      .catch((thrown: unknown) => this.parts.log.warn({ system: this.code, err: thrown }, "work on a batch failed"))
      .finally(() => {
        this.batches.delete(tracked);
        this.wake.now();
      });
    this.batches.add(tracked);
  }

  private noteRefusal(failure: Failure, priority: number): void {
    const patience = failure.kind === "credential" ? CREDENTIAL_PATIENCE_MS : (failure.retryAfterMs ?? 1_000);
    if (failure.kind !== "credential" && !notSent(failure)) return;
    const until = Date.now() + patience;
    if (failure.code === "rate_limit_wait" && isBackfill(priority)) {
      this.backfillNotBefore = Math.max(this.backfillNotBefore, until);
      return;
    }
    this.notBefore = Math.max(this.notBefore, until);
    if (failure.kind === "credential") return this.pauseSystem("credential", failure.message, null, null);
    if (failure.code !== "circuit_open") return;
    const { retryAt, since, reason } = this.parts.connector.health();
    // Half open, somebody is trying it at this moment: nothing to tell anybody.
    if (retryAt) this.pauseSystem("breaker", this.stoppedWords(reason), retryAt, since);
  }

  private stoppedWords(reason: string | null): string {
    const last = reason ? ` The last call said: ${reason}` : "";
    return `${this.parts.name} does not answer as it should, so nothing is sent until it does.${last}`;
  }

  /** Said once per stop: Odoo shows it to people, and other sidecars hold back too. */
  private pauseSystem(kind: "credential" | "breaker", reason: string, until: Date | null, since: Date | null): void {
    if (this.paused) return;
    this.paused = true;
    this.parts.log.warn({ system: this.code, pause_kind: kind, until }, "system paused");
    this.track(
      this.parts.queue.pause(this.code, kind, reason, until, since).finally(() => {
        this.parts.problems.news();
        // The claim that follows the pause finds nothing, until it ends; then a new failure may pause it again.
        setTimeout(() => (this.paused = false), 1_000).unref();
      }),
    );
  }
}
