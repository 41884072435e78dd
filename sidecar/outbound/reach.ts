import { isBackfill } from "../domain/priority";

/** What a claim may ask for. */
export interface Room {
  rows: number;
  /** Most of these rows that may be backfill. */
  backfill: number;
}

/** A batch that came back sooner shows that more could have been held; one that took longer, that less would have done. */
const SOON_MS = 200;
const LATE_MS = 800;

/**
 * How many deliveries a sidecar holds of one system, and how many it may still take. Backfill gets at most half, so that
 * live changes are claimed while the rest is full of it. Room is offered by the half: a claim for every delivery that ends
 * would cost more than it brings.
 *
 * It begins with `least`, two rounds of requests: one on the way, one ready to follow. What this process cannot send soon is another
 * sidecar's to claim (INT-04). Where the system answers so fast that full batches come back at once, it doubles up to `most`, because
 * claiming and settling cost per statement (measured: with 128 held instead of 1,000 a statement carries 64 rows instead of 500, and
 * an event costs Postgres twice as much); where batches take long, it halves again.
 */
export class Reach {
  private readonly least: number;
  private held = 0;
  private heldBackfill = 0;
  private size: number;

  constructor(
    least: number,
    private readonly most = least,
  ) {
    this.least = Math.min(least, most);
    this.size = this.least;
  }

  private get backfillSize(): number {
    return Math.max(1, Math.floor(this.size / 2));
  }

  /** A batch of so many deliveries has ended, so long after its claim. A small one says nothing: there was no more to do. */
  ended(deliveries: number, milliseconds: number): void {
    if (milliseconds > LATE_MS) this.size = Math.max(this.least, Math.floor(this.size / 2));
    else if (milliseconds < SOON_MS && deliveries * 4 >= this.size) this.size = Math.min(this.most, this.size * 2);
  }

  hold(deliveries: readonly { priority: number }[]): void {
    this.held += deliveries.length;
    for (const { priority } of deliveries) if (isBackfill(priority)) this.heldBackfill += 1;
  }

  /** Answers whether there is new room worth a claim. */
  release({ priority }: { priority: number }): boolean {
    this.held -= 1;
    if (!isBackfill(priority)) return this.room().rows > 0;
    // Live work that came meanwhile makes itself known by its notification; only backfill has to be asked for.
    this.heldBackfill -= 1;
    return this.room().backfill > 0;
  }

  room(): Room {
    const free = this.size - this.held;
    const backfill = this.backfillSize - this.heldBackfill;
    const rows = free * 2 >= this.size ? free : 0;
    return { rows, backfill: backfill * 2 >= this.backfillSize ? Math.min(backfill, rows) : 0 };
  }
}
