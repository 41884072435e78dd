import type { Logger } from "pino";
import { toFailure } from "../domain/errors";
import type { Queue } from "../odoo/queue";

export interface LeaseEvents {
  /** Another sidecar will look the record up. */
  onLost?(id: number): void;
  /** The delivery has ended here, whatever became of it. */
  onReleased?(id: number): void;
}

/**
 * The leases this sidecar holds for one system. They are renewed at a third of their term. A lease counts as lost when
 * the queue says so, or when it could not be renewed in time: what is not sent yet must then not be sent any more.
 */
export class Leases {
  private readonly heldUntil = new Map<number, number>();
  private timer: NodeJS.Timeout | null = null;
  private renewing: Promise<void> | null = null;

  constructor(
    private readonly queue: Pick<Queue, "renew">,
    private readonly worker: string,
    private readonly leaseSeconds: number,
    private readonly log: Logger,
    private readonly events: LeaseEvents = {},
    private readonly now: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.heldUntil.size;
  }

  start(): void {
    this.timer = setInterval(
      () => {
        this.renewing ??= this.renew().finally(() => {
          this.renewing = null;
        });
      },
      this.leaseSeconds * (1000 / 3),
    );
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    await this.renewing;
  }

  /** `claimedAt`: this process's clock before the claim was sent, so that our term ends before the queue's. */
  hold(ids: Iterable<number>, claimedAt: number): void {
    for (const id of ids) this.heldUntil.set(id, claimedAt + this.leaseSeconds * 1000);
  }

  /** Whether the delivery is still ours to send. */
  holds(id: number): boolean {
    return (this.heldUntil.get(id) ?? 0) > this.now();
  }

  release(id: number): void {
    if (this.heldUntil.delete(id)) this.events.onReleased?.(id);
  }

  async renew(): Promise<void> {
    const ids = [...this.heldUntil.keys()];
    if (ids.length === 0) return;
    const asked = this.now();
    let kept: Set<number>;
    try {
      kept = new Set(await this.queue.renew(this.worker, ids, this.leaseSeconds));
    } catch (thrown) {
      const { code, message } = toFailure(thrown);
      this.log.warn({ error_code: code, reason: message, count: ids.length }, "leases could not be renewed");
      return;
    }
    for (const id of ids) {
      // Settled while the question was on its way: nothing to renew and nothing lost.
      if (!this.heldUntil.has(id)) continue;
      if (kept.has(id)) this.heldUntil.set(id, asked + this.leaseSeconds * 1000);
      else {
        this.heldUntil.set(id, 0);
        this.log.warn({ delivery: id }, "lease lost: another sidecar will look the record up");
        this.events.onLost?.(id);
      }
    }
  }
}
