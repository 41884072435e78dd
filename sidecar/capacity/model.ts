import { backfillPace, placeTermMs } from "../connectors/limits";
import type { Bucket } from "../domain/shared-state";
import { callCount, type Call } from "./cost";

/*
 * How long a backlog takes to drain, and what holds it up. A request of a bucket goes when the bucket's rolling window has room and a
 * request is free, so with R requests per P, a free window at the start and one request each p seconds, the n-th (from 0) goes at
 *
 *     floor(n / R) × P + (n mod R) × p        while R × p < P, that is while the bucket is what holds it up
 *     n × p                                   otherwise
 *
 * p is the slowest of three: the answer time shared by the concurrent requests, what a sidecar can carry, and how fast records arrive.
 * Backfill is spread over the window instead, so its n-th goes at n × P / R, or n × p where that is slower. In both, P is longer by the term
 * of a place, and backfill's R smaller by what it leaves alone (`sidecar/connectors/limits.ts`).
 */

/** Records of one kind that have to go to a system. */
export interface Load {
  records: number;
  calls: readonly Call[];
  /** Time over which they arrive; 0: they are there at once. */
  withinSeconds: number;
  /** Backfill has half of the requests at a time (`sidecar/domain/priority.ts`). */
  backfill: boolean;
}

export interface SystemLoad {
  concurrency: number;
  buckets: Readonly<Record<string, Bucket>>;
  /** How long the vendor takes to answer one request. */
  answerMs: number;
  loads: readonly Load[];
}

/** What holds the drain up; `bucket` names the rate limit where it is one. */
export interface Bound {
  by: "bucket" | "concurrency" | "hub" | "arrival";
  bucket: string | null;
}

export interface BucketUse extends Bucket {
  bucket: string;
  calls: number;
  /** What this quota alone makes it take, however fast everything else is. */
  minimumSeconds: number;
}

export interface Prediction {
  records: number;
  calls: number;
  buckets: BucketUse[];
  /** The longest of the buckets' minima. */
  minimumSeconds: number;
  /** From the first record being there to the last answer. */
  expectedSeconds: number;
  bound: Bound;
}

/** @param recordsPerSecond what the sidecars carry together where no vendor holds them up */
export function predict(system: SystemLoad, recordsPerSecond: number): Prediction {
  const { concurrency, answerMs } = system;
  const records = sum(system.loads.map((load) => load.records));
  const counted = callsByBucket(system.loads);
  const calls = sum([...counted.values()]);
  const backfill = callsByBucket(system.loads.filter((load) => load.backfill));
  const halfAtOnce = sum([...backfill.values()]) / Math.max(1, Math.floor(concurrency / 2));
  const answering = (Math.max(calls / concurrency, halfAtOnce) * answerMs) / 1000;
  const carrying = records / recordsPerSecond;
  // The last record's own calls follow one another.
  const steps = Math.max(0, ...system.loads.filter((load) => load.records > 0).map((load) => load.calls.length));
  const arriving = arrivalSeconds(system);
  const slowest = Math.max(answering, carrying, arriving);

  const buckets: BucketUse[] = [];
  let expected = slowest;
  const unhindered = slowest === answering ? "concurrency" : slowest === carrying ? "hub" : "arrival";
  let bound: Bound = { by: unhindered, bucket: null };
  for (const [bucket, count] of counted) {
    const quota = system.buckets[bucket];
    if (!quota) continue;
    buckets.push({ ...quota, bucket, calls: count, minimumSeconds: minimumSeconds(count, quota) });
    const seconds = drainSeconds(count, quota, slowest / count, backfill.has(bucket));
    if (seconds <= expected) continue;
    expected = seconds;
    bound = { by: "bucket", bucket };
  }
  return {
    records,
    calls,
    buckets,
    minimumSeconds: Math.max(0, ...buckets.map((use) => use.minimumSeconds)),
    expectedSeconds: calls === 0 ? 0 : expected + (steps * answerMs) / 1000,
    bound,
  };
}

/** When the last record is there. */
export function arrivalSeconds({ loads }: SystemLoad): number {
  return Math.max(0, ...loads.map((load) => load.withinSeconds));
}

/** The share of a bucket that so many calls in so many seconds use in the long run; above 1 the backlog only grows. */
export function utilisation(calls: number, seconds: number, { requests, perMs }: Bucket): number {
  return calls / seconds / (requests / (perMs / 1000));
}

/** When the last of so many requests may go: the window is free at the start, so the first `requests` cost nothing. */
export function minimumSeconds(calls: number, { requests, perMs }: Bucket): number {
  return (Math.max(0, Math.ceil(calls / requests) - 1) * perMs) / 1000;
}

/** The smallest bucket of the same window that lets so many requests go within `seconds`. */
export function requestsNeeded(calls: number, { perMs }: Bucket, seconds: number): number {
  return Math.ceil(calls / (Math.floor((seconds * 1000) / perMs) + 1));
}

function drainSeconds(calls: number, quota: Bucket, pace: number, spread: boolean): number {
  const { requests, perMs } = quota;
  const window = (perMs + placeTermMs(quota)) / 1000;
  if (spread) return Math.max(calls * pace, (calls * window) / (requests - backfillPace(quota).reserve));
  if (requests * pace >= window) return calls * pace;
  const full = Math.max(0, Math.ceil(calls / requests) - 1);
  return full * window + (calls - full * requests) * pace;
}

function callsByBucket(loads: readonly Load[]): Map<string, number> {
  const counted = new Map<string, number>();
  for (const { records, calls } of loads) {
    for (const call of calls) counted.set(call.bucket, (counted.get(call.bucket) ?? 0) + callCount(call, records));
  }
  return counted;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
