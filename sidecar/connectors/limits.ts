import { HubError } from "../domain/errors";
import type { Bucket, BucketUse, Taken } from "../domain/shared-state";

/** A place in a vendor's rate limit: good for a request that goes at once. */
export interface Place {
  /** False when too much time passed since it was given: the request must ask for another. */
  inTime(): boolean;
}

/** The rate limits of one system (RES-12). */
export interface RateLimiter {
  /**
   * Waits for a place in the bucket. The lowest `priority` number goes first, and among equals who came first. A bucket
   * that the definition does not declare has no limit.
   * @throws HubError `rate_limit_wait` (technical, with retryAfterMs) when the wait would be longer than the definition's
   *   `maxWaitMs`: better to hand the delivery back than to hold its lease
   */
  take(bucket: string, signal: AbortSignal, priority: number): Place | Promise<Place>;
  /** Nothing of this bucket goes for so long: a vendor said stop (429, or no remaining requests). */
  pause(bucket: string, ms: number): void;
  /** Every bucket with its use, for people. */
  use(): BucketUse[];
}

/** Where places come from: counted in this process, or in the store for all sidecars. Never throws. */
export interface Places {
  ask(bucket: string, count: number, priority: number, termMs: number): Taken | Promise<Taken>;
  pause(bucket: string, ms: number): void;
  use(bucket: string): { used: number; waitsUntil: Date | null };
}

/**
 * Milliseconds from the moment a place is given to the latest arrival of its request: half for the way to the process and
 * its work, half for the way to the vendor. The place counts for so much longer than the vendor's window, which is what
 * makes the limit exact at the vendor and not only here. A hundredth of the window, 50 ms or more, costs as much of the throughput.
 */
export function placeTermMs({ perMs }: Bucket): number {
  return Math.min(1_000, Math.max(50, perMs / 100));
}

/**
 * Backfill is spread over the window instead of using it up at once, so that a place comes free all the time for live work;
 * and it leaves three in a hundred alone. The same numbers stand in `sidecar/store/migrations/002-functions.ts`.
 */
export function backfillPace({ requests, perMs }: Bucket): { places: number; everyMs: number; reserve: number } {
  const places = Math.ceil(requests / 100);
  return { places, everyMs: (perMs * places) / requests, reserve: Math.floor(requests * 0.03) };
}

interface Waiter {
  priority: number;
  since: number;
  resolve(place: Place): void;
  reject(reason: Error): void;
}

/** Lines up what waits for places, most urgent first, and asks for places of those in front. */
export class LinedUpLimiter implements RateLimiter {
  private readonly lines = new Map<string, Line>();

  constructor(
    private readonly buckets: Record<string, Bucket>,
    private readonly places: Places,
    maxWaitMs: number,
  ) {
    for (const [name, bucket] of Object.entries(buckets)) {
      this.lines.set(name, new Line(name, bucket, places, maxWaitMs));
    }
  }

  take(bucket: string, signal: AbortSignal, priority: number): Place | Promise<Place> {
    return this.lines.get(bucket)?.take(signal, priority) ?? ALWAYS;
  }

  pause(bucket: string, ms: number): void {
    if (this.lines.has(bucket)) this.places.pause(bucket, ms);
  }

  use(): BucketUse[] {
    return Object.entries(this.buckets).map(([bucket, limit]) => ({ bucket, ...limit, ...this.places.use(bucket) }));
  }
}

const ALWAYS: Place = { inTime: () => true };

/** Those who wait for one bucket. One question is on the way at a time; who comes meanwhile asks together in the next. */
class Line {
  private readonly waiting: Waiter[] = [];
  private running = false;
  private wake: (() => void) | null = null;
  private readonly shortestTermMs: number;
  /** Grows where places come too late to be used (a busy process, a distant store), and shrinks again. */
  private termMs: number;

  constructor(
    private readonly name: string,
    private readonly bucket: Bucket,
    private readonly places: Places,
    private readonly maxWaitMs: number,
  ) {
    this.shortestTermMs = this.termMs = placeTermMs(bucket);
  }

  async take(signal: AbortSignal, priority: number): Promise<Place> {
    return new Promise<Place>((resolve, reject) => {
      const leave = (): void => {
        const place = this.waiting.indexOf(waiter);
        if (place >= 0) this.waiting.splice(place, 1);
        if (this.waiting.length === 0) this.wake?.();
        reject(this.refusal(0));
      };
      const waiter: Waiter = {
        priority,
        since: performance.now(),
        resolve: (place) => {
          signal.removeEventListener("abort", leave);
          resolve(place);
        },
        reject: (reason: Error) => {
          signal.removeEventListener("abort", leave);
          reject(reason);
        },
      };
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave, { once: true });
      let at = this.waiting.length;
      while (at > 0 && (this.waiting[at - 1]?.priority ?? 0) > priority) at -= 1;
      this.waiting.splice(at, 0, waiter);
      // More urgent than those whose turn is being waited for: the answer they got says nothing about it.
      if (at === 0) this.wake?.();
      if (!this.running) void this.run().catch((thrown: unknown) => this.giveUp(thrown));
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    for (let first = this.waiting[0]; first; first = this.waiting[0]) {
      const { priority } = first;
      const count = this.waiting.findLastIndex((waiter) => waiter.priority === priority) + 1;
      const termMs = this.termMs;
      const useBy = performance.now() + termMs / 2;
      const asked = this.places.ask(this.name, count, priority, termMs);
      const taken = asked instanceof Promise ? await asked : asked;
      this.giveOut(taken.granted, useBy);
      if (taken.granted >= count) continue;
      this.refuseWhereTooLong(taken.waitMs, priority);
      if (this.waiting[0]?.priority === priority) await this.sleep(taken.waitMs);
    }
    this.running = false;
  }

  /** A defect: nobody must wait for ever. */
  private giveUp(thrown: unknown): void {
    this.running = false;
    for (const waiter of this.waiting.splice(0))
      waiter.reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }

  private giveOut(granted: number, useBy: number): void {
    const late = performance.now() > useBy;
    if (late && granted > 0) return this.wereLate();
    this.termMs = Math.max(this.shortestTermMs, this.termMs * 0.98);
    for (const waiter of this.waiting.splice(0, granted)) {
      waiter.resolve({
        inTime: () => {
          if (performance.now() <= useBy) return true;
          this.wereLate();
          return false;
        },
      });
    }
  }

  private wereLate(): void {
    this.termMs = Math.min(Math.max(this.shortestTermMs, this.bucket.perMs / 4), this.termMs * 2);
  }

  private refuseWhereTooLong(waitMs: number, priority: number): void {
    const now = performance.now();
    for (const waiter of [...this.waiting]) {
      if (waiter.priority < priority || now - waiter.since + waitMs <= this.maxWaitMs) continue;
      this.waiting.splice(this.waiting.indexOf(waiter), 1);
      waiter.reject(this.refusal(waitMs));
    }
  }

  private async sleep(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      // A timer may come up to a millisecond early.
      const timer = setTimeout(resolve, Math.ceil(milliseconds) + 1);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
  }

  private refusal(waitMs: number): HubError {
    return new HubError({
      kind: "technical",
      code: "rate_limit_wait",
      message: `The vendor's rate limit for "${this.name}" calls is used up for ${Math.ceil(waitMs / 1000)} s.`,
      hint: "Nothing to do: it goes again by itself when the limit allows.",
      retryAfterMs: waitMs,
    });
  }
}
