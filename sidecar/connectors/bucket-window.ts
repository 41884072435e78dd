import { isBackfill } from "../domain/priority";
import type { Bucket, Taken } from "../domain/shared-state";
import { backfillPace } from "./limits";

/** A wait that was told and waited for is over, whatever the arithmetic of fractions makes of it. */
const ROUNDING_MS = 1e-6;

/** Places given within so small a part of the window count as one: memory stays small however large the bucket is. */
const GRAINS = 200;

/** Sliding window of one bucket: never more than `requests` within any `perMs`, wherever the vendor's own window begins. */
export class BucketWindow {
  /** Places given, oldest first, with the moment at which they stop to count. */
  private given: { at: number; ends: number; count: number }[] = [];
  private used = 0;
  private pausedUntil = 0;
  private paceFrom = -Infinity;
  private pacedCount = 0;

  constructor(private bucket: Bucket) {}

  /** Another number of requests from now on; what was given counts on. */
  limitTo(bucket: Bucket): void {
    this.bucket = bucket;
  }

  /** Up to `count` places at `now`, of the bucket's or of a smaller number of `requests`. */
  take(now: number, count: number, priority: number, termMs: number, requests = this.bucket.requests): Taken {
    this.forgetUntil(now);
    if (this.pausedUntil > now) return { granted: 0, waitMs: this.pausedUntil - now };
    const bucket = { requests, perMs: this.bucket.perMs };
    const pace = isBackfill(priority) ? backfillPace(bucket) : null;
    const most = requests - (pace?.reserve ?? 0);
    const paced = pace ? this.pacedLeft(now, pace) : count;
    const granted = Math.max(0, Math.min(count, most - this.used, paced));
    if (granted > 0) this.note(now, granted, termMs, pace !== null);
    if (granted === count) return { granted, waitMs: 0 };
    const untilPace = pace && paced <= granted ? this.paceFrom + pace.everyMs - now : 0;
    return { granted, waitMs: Math.max(untilPace, this.untilFree(now, most)) };
  }

  /** Counts places that were given elsewhere. */
  note(now: number, count: number, termMs: number, paced = false): void {
    const last = this.given.at(-1);
    const ends = now + this.bucket.perMs + termMs;
    if (last && now - last.at < this.bucket.perMs / GRAINS) {
      last.count += count;
      last.ends = Math.max(last.ends, ends);
    } else this.given.push({ at: now, ends, count });
    this.used += count;
    if (paced) this.pacedCount += count;
  }

  pause(now: number, ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, now + ms);
  }

  /** Places that count now, and when the next is free; null when one is. */
  use(now: number): { used: number; freeAt: number | null } {
    this.forgetUntil(now);
    if (this.pausedUntil > now) return { used: this.used, freeAt: this.pausedUntil };
    return { used: this.used, freeAt: this.used < this.bucket.requests ? null : (this.given[0]?.ends ?? null) };
  }

  private pacedLeft(now: number, pace: { places: number; everyMs: number }): number {
    const due = this.paceFrom + pace.everyMs;
    const late = now - due;
    if (late > -ROUNDING_MS) {
      // Whoever comes a little late takes the step that was due, or each late timer would slow the pace (measured: by a quarter).
      this.paceFrom = late < pace.everyMs ? due : now;
      this.pacedCount = 0;
    }
    return pace.places - this.pacedCount;
  }

  private untilFree(now: number, most: number): number {
    let toFree = this.used - most + 1;
    for (const { ends, count } of this.given) {
      if (toFree <= 0) return 0;
      toFree -= count;
      if (toFree <= 0) return ends - now;
    }
    return 0;
  }

  private forgetUntil(now: number): void {
    let gone = 0;
    while ((this.given[gone]?.ends ?? Infinity) <= now) {
      this.used -= this.given[gone]?.count ?? 0;
      gone += 1;
    }
    if (gone > 0) this.given = this.given.slice(gone);
  }
}
