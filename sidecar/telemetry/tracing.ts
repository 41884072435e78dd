import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Span } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import type { Failure } from "../domain/errors";
import { childOf, parseTraceparent, toTraceparent } from "./trace-context";

/** One try of a delivery as a step of the trace that began in Odoo. */
export interface AttemptSpan {
  /** Goes to the vendor: the trace of Odoo's event, with this try as the parent. */
  traceparent: string;
  traceId: string;
  end(failure: Failure | null): void;
}

export interface Tracing {
  startAttempt(parent: string, attributes: Record<string, string | number>): AttemptSpan;
  close(): Promise<void>;
}

/**
 * Trace ids always travel; spans are recorded and exported only with an OTLP endpoint. The provider is our own and not
 * the process-wide one, so that nothing else is traced by accident.
 */
export function createTracing(endpoint: string | null): Tracing {
  return endpoint === null ? new IdsOnly() : new Exported(endpoint);
}

class IdsOnly implements Tracing {
  startAttempt(parent: string): AttemptSpan {
    const context = childOf(parent);
    return { traceparent: toTraceparent(context), traceId: context.traceId, end: () => undefined };
  }

  async close(): Promise<void> {}
}

class Exported implements Tracing {
  private readonly provider: NodeTracerProvider;

  constructor(endpoint: string) {
    this.provider = new NodeTracerProvider({
      resource: resourceFromAttributes({ "service.name": "integration-hub" }),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: endpoint }))],
    });
  }

  startAttempt(parent: string, attributes: Record<string, string | number>): AttemptSpan {
    const remote = parseTraceparent(parent);
    const context = remote
      ? trace.setSpanContext(ROOT_CONTEXT, {
          traceId: remote.traceId,
          spanId: remote.spanId,
          traceFlags: TraceFlags.SAMPLED,
          isRemote: true,
        })
      : ROOT_CONTEXT;
    const span = this.provider
      .getTracer("integration-hub")
      .startSpan("deliver", { kind: SpanKind.CLIENT, attributes }, context);
    const { traceId, spanId } = span.spanContext();
    return {
      traceparent: toTraceparent({ traceId, spanId, flags: "01" }),
      traceId,
      end: (failure) => finish(span, failure),
    };
  }

  async close(): Promise<void> {
    await this.provider.shutdown();
  }
}

function finish(span: Span, failure: Failure | null): void {
  if (failure) {
    span.setAttributes({ "hub.error.kind": failure.kind, "hub.error.code": failure.code });
    span.setStatus({ code: SpanStatusCode.ERROR, message: failure.code });
  }
  span.end();
}
