import { AttemptLog } from "../../../sidecar/outbound/attempt-log";
import type { ClaimedDelivery } from "../../../sidecar/domain/delivery";
import { createLog, REDACTED_NAMES } from "../../../sidecar/telemetry/log";

const delivery: ClaimedDelivery = {
  id: 7,
  eventId: 8,
  lane: "res.partner,42",
  model: "res.partner",
  resId: 42,
  operation: "write",
  eventType: "customer.changed",
  object: "customer",
  payload: '{"record":{"name":"Ann Example","email":"ann@example.com"}}',
  companyId: 1,
  attempts: 1,
  claims: 1,
  priority: 50,
  verify: false,
  forced: false,
  lastAttemptAt: null,
  firstAttemptAt: null,
  occurredAt: new Date(),
  traceparent: "",
  release: 0,
  links: [{ type: "company", externalId: "12", url: null, fingerprint: null }],
};

describe("the line of an attempt", () => {
  const at = new Date();
  const line = (level = "info"): string => {
    let text = "";
    const log = createLog({ level, destination: { write: (part) => (text += part) } });
    new AttemptLog(log.child({ worker: "w1" }), "hubspot").write(delivery, {
      outcome: "held",
      settled: { id: 7, state: "held", accepted: true },
      exchange: { startedAt: at, endedAt: at, request: "POST /companies", httpStatus: 400, mapping: "customer@1" },
      failure: {
        kind: "data",
        code: "refused",
        message: "Ann Example is not a name.",
        hint: "Correct it.",
        field: "customer.name",
      },
      externalId: "12",
      traceId: "abc",
    });
    return text;
  };

  it("says the system, the record and how it ended", () => {
    expect(JSON.parse(line())).toMatchObject({
      event: "attempt",
      system: "hubspot",
      lane: "res.partner,42",
      outcome: "held",
      error_field: "customer.name",
      http_status: 400,
    });
  });

  it("begins as every other line of the log does, and obeys its level", () => {
    let other = "";
    const log = createLog({ level: "info", destination: { write: (part) => (other += part) } });
    log.child({ worker: "w1" }).warn({ event: "attempt", system: "hubspot" }, "another line");
    const shared = Object.keys(JSON.parse(other) as object).filter((name) => name !== "msg");
    expect(Object.keys(JSON.parse(line()) as object).slice(0, shared.length)).toEqual(shared);
    expect(JSON.parse(line())).toMatchObject({ level: "warn", service: "integration-hub", worker: "w1" });
    expect(line("error")).toBe("");
  });

  // Nothing is cut out of these lines, because looking for it costs too much: so there must be nothing to cut.
  it("is flat, has no name whose value would be cut, and quotes no value of the record (OBS-05)", () => {
    const values = Object.entries(JSON.parse(line()) as Record<string, unknown>);
    expect(values.filter(([, value]) => typeof value === "object" && value !== null)).toEqual([]);
    expect(values.map(([name]) => name).filter((name) => REDACTED_NAMES.includes(name))).toEqual([]);
    expect(line()).not.toMatch(/ann/i);
  });
});
