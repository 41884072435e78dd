import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** What the hub counts. Labels hold codes only, never a record's name or id. */
export interface Metrics {
  registry: Registry;
  /** Deliveries settled, by how they ended. */
  deliveries: Counter<"system" | "outcome">;
  /** Failures by kind and code. */
  failures: Counter<"system" | "kind" | "code">;
  /** Seconds from Odoo's commit to the target holding it. */
  latency: Histogram<"system">;
  /** Seconds from claim to settled. */
  handling: Histogram<"system">;
  inFlight: Gauge<"system">;
  /** 0 closed, 1 half open, 2 open. */
  breaker: Gauge<"system">;
  /** Places of a rate limit that count now, by all sidecars. */
  rateUsed: Gauge<"system" | "bucket">;
  /** Places the rate limit has. */
  rateLimit: Gauge<"system" | "bucket">;
  /** 1 while rate limits and circuits are shared, 0 while the store does not answer or there is none. */
  sharedState: Gauge;
  /** 1 while the system's deliveries are claimed, 0 while it is paused. */
  systemActive: Gauge<"system">;
  /** Open deliveries by state, as the queue says. */
  queueDepth: Gauge<"system" | "state">;
  /** Age in seconds of the oldest open delivery. */
  queueAge: Gauge<"system">;
  /** Leases lost while a delivery was in flight. */
  leasesLost: Counter<"system">;
  /** Expired leases found by the reaper. */
  reaped: Counter;
  /** Notices kept, by who said it. */
  notices: Counter<"system" | "source">;
  /** Calls refused at the door. */
  refused: Counter<"system" | "reason">;
  /** Changes that a look at the vendor's list found and no webhook had told of. */
  missed: Counter<"system">;
  /** Seconds since a list of changes cannot be read; 0 while it can. */
  pollFailing: Gauge<"system" | "object">;
  /** Records that came in, by how that ended. */
  inbound: Counter<"system" | "outcome">;
  /** Open notices. */
  inboxDepth: Gauge<"system">;
  /** Age in seconds of the oldest open notice. */
  inboxAge: Gauge<"system">;
  /** Seconds from a vendor's request to our answer. */
  door: Histogram<"system">;
}

/** A registry of its own, so that two hubs in one process (tests) do not count for each other. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const name = (suffix: string): string => `integration_hub_${suffix}`;
  const seconds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600];
  return {
    registry,
    deliveries: new Counter({
      name: name("deliveries_total"),
      help: "Deliveries settled, by outcome",
      labelNames: ["system", "outcome"],
      registers,
    }),
    failures: new Counter({
      name: name("failures_total"),
      help: "Failed tries, by kind and code",
      labelNames: ["system", "kind", "code"],
      registers,
    }),
    latency: new Histogram({
      name: name("delivery_latency_seconds"),
      help: "From the business change in Odoo to the target holding it",
      labelNames: ["system"],
      buckets: seconds,
      registers,
    }),
    handling: new Histogram({
      name: name("delivery_handling_seconds"),
      help: "From claim to settled",
      labelNames: ["system"],
      buckets: seconds,
      registers,
    }),
    inFlight: new Gauge({
      name: name("deliveries_in_flight"),
      help: "Deliveries this sidecar holds",
      labelNames: ["system"],
      registers,
    }),
    breaker: new Gauge({
      name: name("breaker_state"),
      help: "Circuit breaker: 0 closed, 1 half open, 2 open",
      labelNames: ["system"],
      registers,
    }),
    rateUsed: new Gauge({
      name: name("rate_limit_used"),
      help: "Places of a rate limit that count now",
      labelNames: ["system", "bucket"],
      registers,
    }),
    rateLimit: new Gauge({
      name: name("rate_limit_places"),
      help: "Places a rate limit has",
      labelNames: ["system", "bucket"],
      registers,
    }),
    sharedState: new Gauge({
      name: name("shared_state_up"),
      help: "1 while rate limits and circuits are shared through the store",
      registers,
    }),
    systemActive: new Gauge({
      name: name("system_active"),
      help: "1 while deliveries are claimed, 0 while paused",
      labelNames: ["system"],
      registers,
    }),
    queueDepth: new Gauge({
      name: name("queue_deliveries"),
      help: "Open deliveries by state",
      labelNames: ["system", "state"],
      registers,
    }),
    queueAge: new Gauge({
      name: name("queue_oldest_seconds"),
      help: "Age of the oldest open delivery",
      labelNames: ["system"],
      registers,
    }),
    leasesLost: new Counter({
      name: name("leases_lost_total"),
      help: "Leases lost while a delivery was in flight",
      labelNames: ["system"],
      registers,
    }),
    reaped: new Counter({ name: name("leases_reaped_total"), help: "Expired leases found", registers }),
    notices: new Counter({
      name: name("notices_total"),
      help: "Notices kept, by who said it",
      labelNames: ["system", "source"],
      registers,
    }),
    refused: new Counter({
      name: name("refused_calls_total"),
      help: "Calls from outside that were refused, by reason",
      labelNames: ["system", "reason"],
      registers,
    }),
    missed: new Counter({
      name: name("notices_missed_total"),
      help: "Changes that polling found and no webhook had told of",
      labelNames: ["system"],
      registers,
    }),
    pollFailing: new Gauge({
      name: name("poll_failing_seconds"),
      help: "Since when a list of changes cannot be read; 0 while it can",
      labelNames: ["system", "object"],
      registers,
    }),
    inbound: new Counter({
      name: name("inbound_total"),
      help: "Records that came in, by how that ended",
      labelNames: ["system", "outcome"],
      registers,
    }),
    inboxDepth: new Gauge({
      name: name("inbox_notices"),
      help: "Open notices",
      labelNames: ["system"],
      registers,
    }),
    inboxAge: new Gauge({
      name: name("inbox_oldest_seconds"),
      help: "Age of the oldest open notice",
      labelNames: ["system"],
      registers,
    }),
    door: new Histogram({
      name: name("door_seconds"),
      help: "From a vendor's request to the answer",
      labelNames: ["system"],
      buckets: seconds,
      registers,
    }),
  };
}
