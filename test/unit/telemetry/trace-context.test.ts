import { childOf, parseTraceparent, toTraceparent } from "../../../sidecar/telemetry/trace-context";
import { createTracing } from "../../../sidecar/telemetry/tracing";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("the trace context (OBS-01)", () => {
  it("keeps the trace and gives every try a span of its own", () => {
    const [one, two] = [childOf(PARENT), childOf(PARENT)];
    expect(one.traceId).toBe("0af7651916cd43dd8448eb211c80319c");
    expect(one.spanId).not.toBe("b7ad6b7169203331");
    expect(one.spanId).not.toBe(two.spanId);
    expect(parseTraceparent(toTraceparent(one))).toEqual(one);
  });

  it.each(["", "nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-01", `${PARENT}-extra`])(
    "begins a trace where Odoo gave none that can be read: %j",
    (text) => {
      expect(parseTraceparent(text)).toBeUndefined();
      expect(childOf(text).traceId).toMatch(/^[0-9a-f]{32}$/);
    },
  );

  it("is the same with an exporter", async () => {
    const tracing = createTracing("http://127.0.0.1:9/v1/traces");
    const span = tracing.startAttempt(PARENT, { "hub.system": "hubspot" });
    expect(span.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(span.traceparent).not.toBe(PARENT);
    expect(span.traceId).toBe("0af7651916cd43dd8448eb211c80319c");
    await tracing.close();
  });
});
