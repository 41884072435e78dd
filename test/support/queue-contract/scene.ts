import { randomBytes } from "node:crypto";
import type { ClaimedDelivery, Settlement } from "../../../sidecar/domain/delivery";
import type { Queue, Settled } from "../../../sidecar/odoo/queue";
import type { Change, QueueFixture } from "../queue-fixture";
import { delivered, type Result } from "./settlements";

/** Seconds; no test waits for one to run out. */
export const LEASE = 60;

/** What a test of the contract works with: a queue, and a system of its own, so that the database may be shared with whatever else is in it. */
export class QueueScene {
  queue!: Queue;
  fixture!: QueueFixture;
  system = "";
  /** By delivery: its last claim here, which an outcome is about. */
  private readonly claims = new Map<number, number>();

  async begin(queue: Queue, fixture: QueueFixture): Promise<void> {
    this.queue = queue;
    this.fixture = fixture;
    this.system = `sys_${randomBytes(4).toString("hex")}`;
    await fixture.system(this.system, { maxAttempts: 3 });
  }

  /** A worker that no other test has. */
  worker(name: string): string {
    return `${this.system}_${name}`;
  }

  change(lane: string, rest: Partial<Change> = {}): Promise<number> {
    return this.fixture.change({ system: this.system, lane, ...rest });
  }

  async claim(worker = "w1", max = 50, maxBackfill: number | null = null): Promise<ClaimedDelivery[]> {
    const { claimed } = await this.queue.claim(worker, this.system, max, LEASE, maxBackfill);
    for (const { id, claims } of claimed) this.claims.set(id, claims);
    return claimed;
  }

  /** The outcomes of deliveries as they were claimed last, unless a result names an earlier claim. */
  settle(results: (Result | Settlement)[], worker = "w1"): Promise<Settled[]> {
    return this.queue.settle(
      worker,
      results.map((result) => ({ claims: this.claims.get(result.id) ?? 0, ...result })),
    );
  }

  /** A first change of the record, delivered. */
  async deliverFirst(lane: string, externalId: string, worker = "w1"): Promise<number> {
    const id = await this.change(lane, { priority: 1 });
    await this.claim(worker, 1);
    await this.settle([delivered(id, externalId)], worker);
    return id;
  }
}
