import type { Logger } from "pino";
import type { ClaimedDelivery } from "../domain/delivery";
import { toFailure } from "../domain/errors";
import type { Queue } from "../odoo/queue";

export interface LeaseEvents {
  /** Another sidecar will look the record up. */
  onLost?(id: number): void;
  /** The delivery has ended here, whatever became of it. */
  onReleased?(delivery: LeasedDelivery): void;
}

/** What a lease is about. */
export type LeasedDelivery = Pick<ClaimedDelivery, "id" | "priority">;

interface Lease {
  delivery: LeasedDelivery;
  until: number;
}

/**
 * The leases this sidecar holds for one system. They are renewed at a third of their term. A lease counts as lost when
 * the queue says so, or when it could not be renewed in time: what is not sent yet must then not be sent any more.
 *
 * A lease belongs to one claim, which is the claimed delivery as an object and not its id: what was handed back can be claimed here again
 * before the settlement's acknowledgement is read, and letting the earlier claim go must then not let the later one go.
 */
export class Leases {
  private readonly leases = new Map<number, Lease>();
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
    return this.leases.size;
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
  hold(deliveries: Iterable<LeasedDelivery>, claimedAt: number): void {
    const until = claimedAt + this.leaseSeconds * 1000;
    for (const delivery of deliveries) {
      const earlier = this.leases.get(delivery.id);
      this.leases.set(delivery.id, { delivery, until });
      if (earlier) this.events.onReleased?.(earlier.delivery);
    }
  }

  /** Whether the delivery is still ours to send. */
  holds(delivery: LeasedDelivery): boolean {
    const lease = this.leases.get(delivery.id);
    return lease?.delivery === delivery && lease.until > this.now();
  }

  release(delivery: LeasedDelivery): void {
    if (this.leases.get(delivery.id)?.delivery !== delivery) return;
    this.leases.delete(delivery.id);
    this.events.onReleased?.(delivery);
  }

  async renew(): Promise<void> {
    const asked = [...this.leases.values()];
    if (asked.length === 0) return;
    const askedAt = this.now();
    let kept: Set<number>;
    try {
      const ids = asked.map(({ delivery }) => delivery.id);
      kept = new Set(await this.queue.renew(this.worker, ids, this.leaseSeconds));
    } catch (thrown) {
      const { code, message } = toFailure(thrown);
      this.log.warn({ error_code: code, reason: message, count: asked.length }, "leases could not be renewed");
      return;
    }
    for (const lease of asked) {
      const { id } = lease.delivery;
      // Settled while the question was on its way: nothing to renew and nothing lost.
      if (this.leases.get(id) !== lease) continue;
      if (kept.has(id)) lease.until = askedAt + this.leaseSeconds * 1000;
      else {
        lease.until = 0;
        this.log.warn({ delivery: id }, "lease lost: another sidecar will look the record up");
        this.events.onLost?.(id);
      }
    }
  }
}
