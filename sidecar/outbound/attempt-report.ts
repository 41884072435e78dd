import type { Histogram } from "prom-client";
import type { ClaimedDelivery } from "../domain/delivery";
import type { Settled } from "../odoo/queue";
import { AttemptLog } from "./attempt-log";
import type { Ending } from "./ending";
import type { SystemParts } from "./system-parts";

/** Counts and logs the attempts of one system once they are settled. */
export class AttemptReport {
  private readonly log: AttemptLog;
  /** Found once: finding a metric's labels costs more than counting. */
  private readonly handling: Histogram.Internal<"system">;
  private readonly latency: Histogram.Internal<"system">;

  constructor(private readonly parts: Pick<SystemParts, "code" | "metrics" | "log">) {
    this.log = new AttemptLog(parts.log, parts.code);
    this.handling = parts.metrics.handling.labels(parts.code);
    this.latency = parts.metrics.latency.labels(parts.code);
  }

  /** @param claimedAt by this process's clock, in milliseconds */
  write(delivery: ClaimedDelivery, claimedAt: number, ending: Ending, settled: Settled | null, traceId: string): void {
    const { metrics, code: system } = this.parts;
    const { outcome, exchange, link, failure = null } = ending;
    const now = Date.now();
    metrics.deliveries.inc({ system, outcome });
    this.handling.observe((now - claimedAt) / 1000);
    if (failure) metrics.failures.inc({ system, kind: failure.kind, code: failure.code });
    if (outcome === "delivered") this.latency.observe(Math.max(0, (now - delivery.occurredAt.getTime()) / 1000));
    const externalId = link?.externalId ?? null;
    this.log.write(delivery, { outcome, settled, exchange, failure, externalId, traceId });
  }
}
