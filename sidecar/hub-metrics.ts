import type { Hub } from "./hub";

const BREAKER_STATES = { closed: 0, "half-open": 1, open: 2 };

/** Brings the figures up to date that are asked for, not counted: what is in flight, limits, and the queue as it stands. */
export async function refreshMetrics({ pumps, metrics, shared, inbound, queue }: Hub): Promise<void> {
  for (const pump of pumps) {
    const { code: system, inFlight, breaker } = pump.status();
    metrics.inFlight.set({ system }, inFlight);
    metrics.breaker.set({ system }, BREAKER_STATES[breaker]);
    for (const { bucket, used, requests } of pump.limits()) {
      metrics.rateUsed.set({ system, bucket }, used);
      metrics.rateLimit.set({ system, bucket }, requests);
    }
  }
  if (shared) metrics.sharedState.set(shared.up ? 1 : 0);
  await inbound?.refreshMetrics().catch(() => undefined);
  const health = await queue.health();
  metrics.queueDepth.reset();
  metrics.queueAge.reset();
  for (const { code: system, state, counts, oldestOpenAt } of health.systems) {
    metrics.systemActive.set({ system }, state === "active" ? 1 : 0);
    for (const [name, count] of Object.entries(counts)) metrics.queueDepth.set({ system, state: name }, count);
    const age = oldestOpenAt ? (health.now.getTime() - oldestOpenAt.getTime()) / 1000 : 0;
    metrics.queueAge.set({ system }, Math.max(0, age));
  }
}
