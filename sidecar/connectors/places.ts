import type { Bucket, SharedState, Taken } from "../domain/shared-state";
import { BucketWindow } from "./bucket-window";
import type { Clock } from "./connector";
import type { Places } from "./limits";

/** Places whose numbers may change while they are given out. */
export interface AdjustablePlaces extends Places {
  /** Other numbers of requests from now on; what was given counts on. */
  limitTo(buckets: Record<string, Bucket>): void;
}

/** Places counted in this process: exact for a sidecar that is alone. */
export class OwnPlaces implements AdjustablePlaces {
  private readonly windows = new Map<string, BucketWindow>();

  constructor(
    private buckets: Record<string, Bucket>,
    private readonly clock: Clock,
  ) {
    this.limitTo(buckets);
  }

  limitTo(buckets: Record<string, Bucket>): void {
    this.buckets = buckets;
    for (const [name, bucket] of Object.entries(buckets)) {
      const window = this.windows.get(name);
      if (window) window.limitTo(bucket);
      else this.windows.set(name, new BucketWindow(bucket));
    }
  }

  /** @param share takes only this sidecar's part of the bucket: one of so many */
  ask(bucket: string, count: number, priority: number, termMs: number, share = 1): Taken {
    const requests = Math.max(1, Math.floor((this.buckets[bucket]?.requests ?? 1) / share));
    const window = this.windows.get(bucket);
    return window?.take(this.now(), count, priority, termMs, requests) ?? { granted: count, waitMs: 0 };
  }

  note(bucket: string, count: number, termMs: number): void {
    this.windows.get(bucket)?.note(this.now(), count, termMs);
  }

  pause(bucket: string, ms: number): void {
    this.windows.get(bucket)?.pause(this.now(), ms);
  }

  use(bucket: string): { used: number; waitsUntil: Date | null } {
    const use = this.windows.get(bucket)?.use(this.now());
    return { used: use?.used ?? 0, waitsUntil: use?.freeAt ? new Date(use.freeAt) : null };
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

/**
 * Places counted in the hub's store for all sidecars together. While the store does not answer, each sidecar takes its
 * share of the bucket, one part of as many as there were sidecars: together they stay within the limit, and none stops.
 * (In the one window in which the store went away, sidecars that had used more than their share before count on top of
 * the others' shares.) What was used meanwhile is told to the store before it is asked again.
 */
export class SharedPlaces implements AdjustablePlaces {
  private readonly own: OwnPlaces;
  /** Given here while the store did not answer. */
  private readonly spent = new Map<string, number>();

  constructor(
    private readonly system: string,
    private buckets: Record<string, Bucket>,
    private readonly shared: SharedState,
    clock: Clock,
  ) {
    this.own = new OwnPlaces(buckets, clock);
    shared.onRecovery(() => this.tellWhatWasSpent());
  }

  limitTo(buckets: Record<string, Bucket>): void {
    this.buckets = buckets;
    this.own.limitTo(buckets);
  }

  ask(bucket: string, count: number, priority: number, termMs: number): Taken | Promise<Taken> {
    const limit = this.buckets[bucket];
    if (!limit) return { granted: count, waitMs: 0 };
    if (!this.shared.up) return this.alone(bucket, count, priority, termMs);
    return this.together(bucket, limit, count, priority, termMs);
  }

  pause(bucket: string, ms: number): void {
    this.own.pause(bucket, ms);
    this.shared.pause(this.system, bucket, ms);
  }

  use(bucket: string): { used: number; waitsUntil: Date | null } {
    return (this.shared.up ? this.shared.use(this.system, bucket) : null) ?? this.own.use(bucket);
  }

  private async together(
    bucket: string,
    limit: Bucket,
    count: number,
    priority: number,
    termMs: number,
  ): Promise<Taken> {
    const taken = await this.shared.take(this.system, bucket, limit, { count, priority, termMs });
    if (taken === null) return this.alone(bucket, count, priority, termMs);
    // Counted here too, so that the share begins from what this sidecar has used.
    if (taken.granted > 0) this.own.note(bucket, taken.granted, termMs);
    return taken;
  }

  private alone(bucket: string, count: number, priority: number, termMs: number): Taken {
    const taken = this.own.ask(bucket, count, priority, termMs, this.shared.members);
    if (taken.granted > 0) this.spent.set(bucket, (this.spent.get(bucket) ?? 0) + taken.granted);
    return taken;
  }

  private async tellWhatWasSpent(): Promise<void> {
    for (const [bucket, limit] of Object.entries(this.buckets)) {
      const count = Math.min(this.spent.get(bucket) ?? 0, this.own.use(bucket).used);
      if (count > 0) await this.shared.spent(this.system, bucket, limit, count);
    }
    this.spent.clear();
  }
}
