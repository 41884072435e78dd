import { randomFillSync } from "node:crypto";

/** W3C trace context, version 00 (https://www.w3.org/TR/trace-context/): `00-<trace id>-<span id>-<flags>`. */
export interface TraceContext {
  traceId: string;
  spanId: string;
  flags: string;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Reads a traceparent; undefined when it is malformed or all zeros, as the specification asks. */
export function parseTraceparent(text: string): TraceContext | undefined {
  const match = TRACEPARENT.exec(text.trim());
  if (!match) return undefined;
  const [, traceId = "", spanId = "", flags = ""] = match;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags };
}

/** The next step of a trace: same trace id, a span id of its own. Without a readable parent a trace begins here. */
export function childOf(parent: string): TraceContext {
  const context = parseTraceparent(parent);
  return {
    traceId: context?.traceId ?? randomHex(16),
    spanId: randomHex(8),
    flags: context?.flags ?? "01",
  };
}

const pool = Buffer.alloc(4_096);
let used = pool.length;

/** Random bytes in hexadecimal, asked of the system for many ids at a time: asking for each costs as much as the rest of a trace. */
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString("hex", used - bytes, used);
}

export function toTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags}`;
}
