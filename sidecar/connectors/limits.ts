import { setTimeout as delay } from "node:timers/promises";
import { HubError } from "../domain/errors";
import type { Clock } from "./connector";

/**
 * A place in a vendor's rate limit. The in-process form below counts for one sidecar; one that counts in Postgres for several
 * can replace it behind this interface.
 */
export interface RateLimiter {
  /**
   * Waits until a request of this bucket may go.
   * @throws HubError `rate_limit_wait` (technical, with retryAfterMs) when that would take longer than the bucket's longest wait:
   *   better to hand the delivery back than to hold its lease.
   */
  take(bucket: string, signal: AbortSignal): Promise<void>;
  /** Nothing of this bucket goes for so long: a vendor said stop (429, or no remaining requests). */
  pause(bucket: string, ms: number): void;
}

export interface Bucket {
  requests: number;
  perMs: number;
}

/** Sliding window: never more than `requests` within any `perMs`, wherever the vendor's own window begins. */
export class InProcessRateLimiter implements RateLimiter {
  private readonly buckets = new Map<string, { limit: Bucket; granted: number[]; next: number; pausedUntil: number }>();

  constructor(
    buckets: Record<string, Bucket>,
    private readonly maxWaitMs: number,
    private readonly clock: Clock,
  ) {
    for (const [name, limit] of Object.entries(buckets)) {
      this.buckets.set(name, { limit, granted: [], next: 0, pausedUntil: 0 });
    }
  }

  async take(bucket: string, signal: AbortSignal): Promise<void> {
    const state = this.buckets.get(bucket);
    if (!state) return;
    const now = this.clock.now().getTime();
    // `granted` is a ring of the last `requests` grants; the oldest of them says when the next may go
    const oldest = state.granted[state.next];
    const slot = Math.max(now, state.pausedUntil, oldest === undefined ? 0 : oldest + state.limit.perMs);
    const waitMs = slot - now;
    if (waitMs > this.maxWaitMs) {
      throw new HubError({
        kind: "technical",
        code: "rate_limit_wait",
        message: `The vendor's rate limit for "${bucket}" calls is used up for ${Math.ceil(waitMs / 1000)} s.`,
        hint: "Nothing to do: it goes again by itself when the limit allows.",
        retryAfterMs: waitMs,
      });
    }
    state.granted[state.next] = slot;
    state.next = (state.next + 1) % state.limit.requests;
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
  }

  pause(bucket: string, ms: number): void {
    const state = this.buckets.get(bucket);
    if (state) state.pausedUntil = Math.max(state.pausedUntil, this.clock.now().getTime() + ms);
  }
}
