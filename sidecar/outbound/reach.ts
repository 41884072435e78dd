import { isBackfill } from "../domain/priority";

/** What a claim may ask for. */
export interface Room {
  rows: number;
  /** Most of these rows that may be backfill. */
  backfill: number;
}

/**
 * How many deliveries a sidecar holds of one system, and how many it may still take. Backfill gets at most half, so that
 * live changes are claimed while the rest is full of it. Room is offered by the half: a claim for every delivery that ends
 * would cost more than it brings.
 */
export class Reach {
  private readonly backfillSize: number;
  private readonly heldBackfill = new Set<number>();
  private held = 0;

  constructor(private readonly size: number) {
    this.backfillSize = Math.max(1, Math.floor(size / 2));
  }

  hold(deliveries: readonly { id: number; priority: number }[]): void {
    this.held += deliveries.length;
    for (const { id, priority } of deliveries) if (isBackfill(priority)) this.heldBackfill.add(id);
  }

  /** Answers whether there is new room worth a claim. */
  release(id: number): boolean {
    this.held -= 1;
    // Live work that came meanwhile makes itself known by its notification; only backfill has to be asked for.
    if (this.heldBackfill.delete(id)) return this.room().backfill > 0;
    return this.room().rows > 0;
  }

  room(): Room {
    const free = this.size - this.held;
    const backfill = this.backfillSize - this.heldBackfill.size;
    const rows = free * 2 >= this.size ? free : 0;
    return { rows, backfill: backfill * 2 >= this.backfillSize ? Math.min(backfill, rows) : 0 };
  }
}
