import type { Logger } from "pino";
import type { ClaimedDelivery, Exchange, Outcome } from "../domain/delivery";
import type { Failure } from "../domain/errors";
import type { Settled } from "../odoo/queue";

export interface AttemptEnd {
  outcome: Outcome;
  settled: Settled | null;
  exchange: Exchange | null;
  failure: Failure | null;
  externalId: string | null;
  traceId: string;
}

/**
 * The log for attempts. Cutting out secrets costs as much as all the rest of an attempt (measured: a third of the process's time), because
 * it looks for some eighty paths in every line; an attempt's line holds none of them, which a test watches over.
 */
export function attemptLog(log: Logger, system: string): Logger {
  return log.child({ event: "attempt", system }, { redact: [] });
}

/** One line per attempt with always the same names, so that one search answers "what happened to this record". */
export function logAttempt(log: Logger, delivery: ClaimedDelivery, end: AttemptEnd): void {
  const { outcome, settled, exchange, failure } = end;
  const line = {
    trace_id: end.traceId,
    delivery: delivery.id,
    lane: delivery.lane,
    event_type: delivery.eventType,
    operation: delivery.operation,
    attempt: delivery.attempts,
    outcome,
    state: settled?.state ?? null,
    accepted: settled?.accepted ?? false,
    external_id: end.externalId,
    error_kind: failure?.kind ?? null,
    error_code: failure?.code ?? null,
    error_field: failure?.field ?? null,
    http_status: exchange?.httpStatus ?? null,
    request: exchange?.request ?? null,
    mapping: exchange?.mapping ?? null,
    duration_ms: exchange ? exchange.endedAt.getTime() - exchange.startedAt.getTime() : null,
    age_ms: Date.now() - delivery.occurredAt.getTime(),
  };
  // The message may quote what a vendor said about a value, so it stays on the attempt row in Odoo and out of the log.
  if (failure && outcome !== "released" && outcome !== "waiting") log.warn(line, "delivery failed");
  else log.info(line, "delivery attempt");
}
