import type { Settlement } from "../../../sidecar/domain/delivery";
import { settlementToJson, toClaim, toHealth, toSystem } from "../../../sidecar/odoo/queue-rows";

describe("rows of the queue", () => {
  const row = {
    state: "processing",
    id: 1,
    event_id: 2,
    lane: "res.partner,42",
    model: "res.partner",
    res_id: 42,
    operation: "write",
    event_type: "customer.changed",
    object: "customer",
    payload: "{}",
    company_id: false,
    attempts: 3,
    claims: 4,
    verify: true,
    forced: false,
    first_attempt_at: false,
    last_attempt_at: "2026-11-22T07:00:00.000Z",
    occurred_at: new Date("2026-11-22T06:00:00Z"),
    traceparent: "00-1-2-01",
    links: '[{"type":"company","externalId":"7","url":null,"fingerprint":null}]',
  };

  it("read the same from Postgres and from Odoo's API, which writes an empty value as false", () => {
    const { claimed } = toClaim([row]);
    expect(claimed).toMatchObject([
      {
        id: 1,
        companyId: null,
        claims: 4,
        verify: true,
        firstAttemptAt: null,
        lastAttemptAt: new Date("2026-11-22T07:00:00Z"),
        links: [{ type: "company", externalId: "7" }],
      },
    ]);
    expect(toSystem({ code: "x", name: "X", connector: false, state: "active", paused_until: false })).toMatchObject({
      connector: null,
      pausedUntil: null,
    });
  });

  it("keep apart what was claimed, what was parked and what the brake held", () => {
    const rows = [
      { state: "waiting", id: 9, lane: "res.partner,1" },
      { state: "held", id: 10 },
    ];
    expect(toClaim(rows)).toEqual({ claimed: [], parked: ["res.partner,1"], braked: 1 });
  });

  it("carry a settlement with everything the attempt needs", () => {
    const at = new Date("2026-11-22T07:00:00Z");
    const settlement: Settlement = {
      id: 1,
      claims: 2,
      outcome: "held",
      exchange: { startedAt: at, endedAt: at, request: "POST /x", httpStatus: 422, mapping: "a > b" },
      failure: { kind: "data", code: "c", message: "m", hint: "h", field: "f", retryAfterMs: 5 },
      waitFor: "res.partner,2",
    };
    expect(settlementToJson(settlement)).toEqual({
      id: 1,
      claims: 2,
      outcome: "held",
      started_at: "2026-11-22T07:00:00.000Z",
      ended_at: "2026-11-22T07:00:00.000Z",
      request: "POST /x",
      http_status: 422,
      mapping: "a > b",
      error: { kind: "data", code: "c", message: "m", hint: "h", field: "f", retry_after_ms: 5 },
      wait_for: "res.partner,2",
    });
  });

  it("give health its times", () => {
    const health = toHealth({
      now: "2026-11-22T07:00:00Z",
      systems: [{ code: "x", state: "active", counts: { held: 2 }, oldest_open_at: null }],
    });
    expect(health.systems[0]).toMatchObject({ counts: { held: 2 }, oldestOpenAt: null });
  });
});
