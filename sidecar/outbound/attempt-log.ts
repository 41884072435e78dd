import { pino, type DestinationStream, type Logger } from "pino";
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
 * The log for the attempts of one system, in the form of all other lines. It writes to the log's stream itself: cutting out secrets looked for some
 * eighty paths in every line (measured: a third of the process's time), and an object that is made to be written as JSON was an eighth of
 * all that was allocated. A line of an attempt is flat and holds nothing to cut, which a test watches over.
 */
export class AttemptLog {
  private readonly stream: DestinationStream;
  /** What every line begins with after its level and time, as JSON without braces. */
  private readonly bindings: string;

  constructor(
    private readonly log: Logger,
    system: string,
  ) {
    this.stream = (log as unknown as Record<symbol, DestinationStream>)[pino.symbols.streamSym] as DestinationStream;
    this.bindings = JSON.stringify({ ...log.bindings(), event: "attempt", system }).slice(1, -1);
  }

  /** One line per attempt with always the same names, so that one search answers "what happened to this record". */
  write(delivery: ClaimedDelivery, end: AttemptEnd): void {
    const { outcome, settled, exchange, failure } = end;
    // The message may quote what a vendor said about a value, so it stays on the attempt row in Odoo and out of the log.
    const failed = failure !== null && outcome !== "released" && outcome !== "waiting";
    const level = failed ? "warn" : "info";
    if (!this.log.isLevelEnabled(level)) return;
    const now = new Date();
    const error = failure
      ? `"error_kind":"${failure.kind}","error_code":${text(failure.code)},"error_field":${text(failure.field)}`
      : NO_ERROR;
    const duration = exchange ? exchange.endedAt.getTime() - exchange.startedAt.getTime() : null;
    this.stream.write(
      `{"level":"${level}","time":"${now.toISOString()}",${this.bindings},"trace_id":"${end.traceId}","delivery":${delivery.id},` +
        `"lane":${text(delivery.lane)},"event_type":${text(delivery.eventType)},"operation":"${delivery.operation}",` +
        `"attempt":${delivery.attempts},"outcome":"${outcome}","state":${text(settled?.state)},` +
        `"accepted":${settled?.accepted ?? false},"external_id":${text(end.externalId)},${error},` +
        `"http_status":${exchange?.httpStatus ?? null},"request":${text(exchange?.request)},"mapping":${text(exchange?.mapping)},` +
        `"duration_ms":${duration},"age_ms":${now.getTime() - delivery.occurredAt.getTime()},` +
        `"msg":"${failed ? "delivery failed" : "delivery attempt"}"}\n`,
    );
  }
}

const NO_ERROR = '"error_kind":null,"error_code":null,"error_field":null';

/** A value as JSON; null where there is none. */
function text(value: string | null | undefined): string {
  return value === null || value === undefined ? "null" : JSON.stringify(value);
}
