import type { Clock } from "./connector";
import type { RateHeaders } from "./definition";
import type { RateLimiter } from "./limits";
import { boundedWait } from "./retry-after";

/** Listens to what a vendor says about its limits, and slows down before or after it has to refuse (RES-12). */
export class RateFeedback {
  constructor(
    private readonly limiter: RateLimiter,
    private readonly declared: readonly RateHeaders[],
    private readonly clock: Clock,
  ) {}

  /** An answer's rate headers: with nothing remaining, its bucket rests until the stated reset. */
  heard(headers: Record<string, string>): void {
    for (const rate of this.declared) {
      const remaining = headers[rate.remaining.toLowerCase()];
      if (remaining === undefined || Number(remaining) > 0 || Number.isNaN(Number(remaining))) continue;
      const reset = rate.reset === undefined ? undefined : headers[rate.reset.toLowerCase()];
      const wait = this.untilReset(reset, rate.resetUnit ?? "seconds");
      this.limiter.pause(rate.bucket ?? "default", boundedWait(wait));
    }
  }

  /** A refusal: 429 stops the bucket for the stated time, or for a second. */
  refused(bucket: string, status: number, retryAfterMs: number | undefined): void {
    if (status === 429) this.limiter.pause(bucket, retryAfterMs ?? 1_000);
  }

  private untilReset(reset: string | undefined, unit: NonNullable<RateHeaders["resetUnit"]>): number {
    const value = Number(reset);
    if (reset === undefined || Number.isNaN(value)) return 1_000;
    if (unit === "milliseconds") return value;
    if (unit === "seconds") return value * 1_000;
    return value * 1_000 - this.clock.now().getTime();
  }
}
