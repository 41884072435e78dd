import { pino } from "pino";
import request from "supertest";
import type TestAgent from "supertest/lib/agent";
import { createAdminApp } from "../../../sidecar/admin/app";
import type { AdminParts } from "../../../sidecar/admin/routes";
import type { Component } from "../../../sidecar/admin/readiness";
import { HubError } from "../../../sidecar/domain/errors";
import type { DeliveryFilter, Queue } from "../../../sidecar/odoo/queue";
import type { RecordClient } from "../../../sidecar/odoo/record-client";
import { createMetrics } from "../../../sidecar/telemetry/metrics";

const TOKEN = "0123456789abcdef";

/** The parts of the queue the admin API calls, noting what it was asked. The queue itself is proved in test/integration. */
class AskedQueue {
  readonly asked: unknown[] = [];
  away = false;

  systems = async (): ReturnType<Queue["systems"]> => {
    if (this.away) {
      throw new HubError({
        kind: "technical",
        code: "postgres_unreachable",
        message: "Away.",
        hint: "Wait.",
        field: "queue",
      });
    }
    const system = { code: "hubspot", name: "HubSpot", connector: "hubspot", state: "active" as const };
    return Promise.resolve([{ ...system, pauseKind: null, pauseReason: null, pausedUntil: null }]);
  };
  health = async (): ReturnType<Queue["health"]> =>
    Promise.resolve({
      now: new Date("2026-11-22T07:00:00Z"),
      systems: [
        {
          code: "hubspot",
          state: "active",
          pauseKind: null,
          pauseReason: null,
          pausedUntil: null,
          counts: { held: 2 },
          oldestOpenAt: new Date("2026-11-22T06:59:00Z"),
          lastDeliveredAt: null,
        },
      ],
    });
  replay = async (...args: unknown[]): Promise<number[]> =>
    Promise.resolve((this.asked.push(["replay", ...args]), [7]));
  findDeliveries = async (filter: DeliveryFilter, max: number): Promise<number[]> =>
    Promise.resolve((this.asked.push(["find", filter, max]), [7, 8]));
  pause = async (...args: unknown[]): Promise<void> => Promise.resolve(void this.asked.push(["pause", ...args]));
  resume = async (...args: unknown[]): Promise<void> => Promise.resolve(void this.asked.push(["resume", ...args]));
}

describe("the admin API", () => {
  let queue: AskedQueue;
  let components: Component[];
  const metrics = createMetrics();

  const AT = new Date("2026-11-22T07:00:00Z");
  const window = { system: "asana", openedAt: AT, closesAt: AT, left: 1, openedBy: "admin API" };
  const secret = {
    id: 3,
    system: "asana",
    address: "/webhooks/asana",
    sender: "10.0.0.1",
    openedBy: "admin API",
    acceptedAt: AT,
    lastUsedAt: null,
    revokedAt: null,
  };
  const handed = {
    open: (...args: unknown[]) => (queue.asked.push(["open", ...args]), Promise.resolve(window)),
    close: (...args: unknown[]) => (queue.asked.push(["close", ...args]), Promise.resolve(true)),
    windows: () => Promise.resolve([window]),
    list: () => Promise.resolve([{ ...secret, secret: "never shown" }]),
    revoke: (...args: unknown[]) => (
      queue.asked.push(["revoke", ...args]),
      Promise.resolve({ ...secret, revokedAt: AT })
    ),
  };

  const load = {
    object: "company",
    dryRun: true,
    state: "failed" as const,
    startedAt: AT,
    listed: 3,
    open: 0,
    outcomes: { created: 2, held: 1 },
    reasons: { possible_duplicate: 1 },
    failure: { kind: "technical" as const, code: "unreachable", message: "Away.", hint: "Wait." },
  };

  const app = (token: string | null = TOKEN, records: RecordClient | null = null): TestAgent =>
    request(
      createAdminApp(
        {
          queue: queue as unknown as Queue,
          records,
          metrics,
          components: () => Promise.resolve(components),
          running: () => [{ code: "hubspot", inFlight: 3, breaker: "closed", retryAt: null }],
          inbound: {
            look: (...args: unknown[]) => {
              queue.asked.push(["look", ...args]);
              return Promise.resolve([
                { object: "company", found: 2, missed: 1, first: false, swept: false, failure: null },
              ]);
            },
            loads: {
              start: (...args) => (queue.asked.push(["load", ...args]), Promise.resolve([load])),
              stop: (...args) => (queue.asked.push(["stop", ...args]), Promise.resolve([load])),
              reports: () => Promise.resolve([load]),
            },
          },
          handed: handed satisfies AdminParts["handed"],
          requireHandover: (system) => {
            if (system === "asana") return;
            const failure = { kind: "data", code: "handover_unknown", message: "None.", hint: "Asana does." } as const;
            throw new HubError(failure);
          },
          refreshMetrics: () => Promise.resolve(),
        },
        token,
        pino({ level: "silent" }),
      ),
    );
  const get = (path: string): request.Test => app().get(path).set("authorization", `Bearer ${TOKEN}`);
  const post = (path: string, body: object): request.Test =>
    app().post(path).set("authorization", `Bearer ${TOKEN}`).send(body);

  beforeEach(() => {
    queue = new AskedQueue();
    components = [{ name: "queue", ok: true, required: true, message: "answers" }];
  });

  describe("tells anybody how it is", () => {
    it("alive", async () => {
      await app(null).get("/healthz").expect(200, { status: "ok" });
    });

    it("ready, as long as everything required works", async () => {
      components.push({ name: "system hubspot", ok: false, required: false, message: "paused" });
      const body: unknown = (await app(null).get("/readyz").expect(200)).body;
      expect(body).toEqual({ status: "ready", components });
    });

    it("not ready, and what is wrong in words", async () => {
      components = [
        { name: "queue", ok: false, required: true, message: "Odoo's database did not answer.", hint: "Check it." },
      ];
      const body: unknown = (await app(null).get("/readyz").expect(503)).body;
      expect(body).toEqual({ status: "not_ready", components });
    });
  });

  describe("lets nobody else in (SEC-01)", () => {
    it.each(["/metrics", "/v1/queue", "/v1/systems", "/openapi.json", "/docs/", "/v1/nothing"])(
      "at %s",
      async (path) => {
        await app()
          .get(path)
          .expect(401)
          .expect("content-type", /problem\+json/);
        await app().get(path).set("authorization", "Bearer 0123456789abcdeX").expect(401);
        await app().get(path).set("authorization", TOKEN).expect(401);
      },
    );

    it("and nobody at all without a configured token", async () => {
      const body: unknown = (await app(null).get("/metrics").set("authorization", "Bearer ").expect(401)).body;
      expect(body).toMatchObject({ code: "admin_token_not_set", kind: "credential" });
    });

    it("before it reads a body", async () => {
      await app().post("/v1/replay").set("content-type", "application/json").send("{broken").expect(401);
    });
  });

  it("gives figures in Prometheus' form", async () => {
    metrics.deliveries.inc({ system: "hubspot", outcome: "delivered" });
    const { text } = await get("/metrics")
      .expect(200)
      .expect("content-type", /text\/plain/);
    expect(text).toContain('integration_hub_deliveries_total{system="hubspot",outcome="delivered"} 1');
    expect(text).toContain("process_cpu_user_seconds_total");
  });

  it("shows the queue and the systems", async () => {
    const figures: unknown = (await get("/v1/queue").expect(200)).body;
    expect(figures).toMatchObject({
      systems: [{ code: "hubspot", counts: { held: 2 }, oldest_open_at: "2026-11-22T06:59:00.000Z" }],
    });
    const systems: unknown = (await get("/v1/systems").expect(200)).body;
    expect(systems).toMatchObject([
      { code: "hubspot", running: true, in_flight: 3, breaker: "closed", pause_kind: null },
    ]);
  });

  describe("replays (RES-04)", () => {
    it("named deliveries", async () => {
      await post("/v1/replay", { deliveries: [7], force: true }).expect(200, { found: 1, queued: [7] });
      expect(queue.asked).toEqual([["replay", [7], "admin API", true]]);
    });

    it("what a filter finds", async () => {
      const filter = { system: "hubspot", states: ["held"], error_kind: "data", since: "2026-11-21T00:00:00Z" };
      await post("/v1/replay", { filter, limit: 50 }).expect(200, { found: 2, queued: [7] });
      expect(queue.asked[0]).toEqual([
        "find",
        { system: "hubspot", states: ["held"], errorKind: "data", since: new Date("2026-11-21T00:00:00Z") },
        50,
      ]);
    });

    it("records read again, in calls that Odoo can answer in time, and names those it could read", async () => {
      const calls: unknown[][] = [];
      const call = (...args: unknown[]): Promise<number[]> => {
        calls.push(args);
        return Promise.resolve((args[2] as { delivery_ids: number[] }).delivery_ids.filter((id) => id % 2 === 0));
      };
      const deliveries = Array.from({ length: 250 }, (_, index) => index + 1);
      const answer: unknown = (
        await app(TOKEN, { call } as unknown as RecordClient)
          .post("/v1/replay")
          .set("authorization", `Bearer ${TOKEN}`)
          .send({ deliveries, reread: true })
          .expect(200)
      ).body;
      expect(answer).toEqual({ found: 250, queued: deliveries.filter((id) => id % 2 === 0) });
      expect(calls).toEqual(
        [deliveries.slice(0, 200), deliveries.slice(200)].map((delivery_ids) => [
          "integration.queue",
          "reread",
          { delivery_ids, requested_by: "admin API", force: false },
        ]),
      );
    });

    it("nothing in a dry run, nothing unnamed, and no reread without Odoo's API", async () => {
      await post("/v1/replay", { deliveries: [7], dry_run: true }).expect(200, { found: 1, queued: [] });
      const unnamed: unknown = (await post("/v1/replay", {}).expect(422)).body;
      expect(unnamed).toMatchObject({ code: "replay_nothing_named" });
      const reread: unknown = (await post("/v1/replay", { deliveries: [7], reread: true }).expect(422)).body;
      expect(reread).toMatchObject({ code: "replay_needs_odoo", field: "odoo.api_key" });
      expect(queue.asked).toEqual([]);
    });
  });

  it("pauses a system with a reason and lets it go on", async () => {
    await post("/v1/systems/hubspot/pause", { reason: "Maintenance", until: "2026-11-22T08:00:00Z" }).expect(200);
    await post("/v1/systems/hubspot/resume", {}).expect(200, { code: "hubspot", state: "active" });
    expect(queue.asked).toEqual([
      ["pause", "hubspot", "manual", "Maintenance", new Date("2026-11-22T08:00:00Z")],
      ["resume", "hubspot"],
    ]);
    const body: unknown = (await post("/v1/systems/nowhere/pause", { reason: "x" }).expect(404)).body;
    expect(body).toMatchObject({ code: "system_unknown" });
  });

  it("opens and closes windows for handing over secrets, lists what was handed over without it, and revokes (SEC-04)", async () => {
    const opened: unknown = (await post("/v1/systems/asana/webhooks/open", {}).expect(200)).body;
    expect(opened).toMatchObject({ system: "asana", left: 1, closes_at: AT.toISOString() });
    await post("/v1/systems/asana/webhooks/open", { minutes: 30, count: 2 }).expect(200);
    await post("/v1/systems/asana/webhooks/close", {}).expect(200, { closed: true });
    const { text } = await get("/v1/webhooks").expect(200);
    expect(JSON.parse(text)).toMatchObject({
      windows: [{ system: "asana" }],
      secrets: [{ id: 3, last_used_at: null }],
    });
    expect(text).not.toContain("never shown");
    const revoked: unknown = (await post("/v1/webhooks/3/revoke", {}).expect(200)).body;
    expect(revoked).toMatchObject({ id: 3, revoked_at: AT.toISOString() });
    expect(queue.asked).toEqual([
      ["open", "asana", 10, 1, "admin API"],
      ["open", "asana", 30, 2, "admin API"],
      ["close", "asana"],
      ["revoke", 3, "admin API"],
    ]);
    const unknown: unknown = (await post("/v1/systems/hubspot/webhooks/open", {}).expect(404)).body;
    expect(unknown).toMatchObject({ code: "handover_unknown" });
    await post("/v1/systems/asana/webhooks/open", { minutes: 0 }).expect(400);
    await app().get("/v1/webhooks").expect(401);
  });

  it("begins, tells of and stops first loads (MIG-06)", async () => {
    const body: unknown = (await post("/v1/systems/hubspot/loads", { object: "customer", dry_run: true }).expect(200))
      .body;
    expect(body).toMatchObject([
      { object: "company", dry_run: true, state: "failed", failure: { code: "unreachable" } },
    ]);
    await post("/v1/systems/hubspot/loads", { object: "customer" }).expect(200);
    await post("/v1/systems/hubspot/loads/stop", { object: "customer" }).expect(200);
    expect((await get("/v1/systems/hubspot/loads").expect(200)).body).toEqual(body);
    expect(queue.asked).toEqual([
      ["load", "hubspot", "customer", true],
      ["load", "hubspot", "customer", false],
      ["stop", "hubspot", "customer"],
    ]);
    await post("/v1/systems/hubspot/loads", {}).expect(400);
    await app().get("/v1/systems/hubspot/loads").expect(401);
  });

  describe("enforces its own document", () => {
    it.each([
      ["/v1/replay", { deliveries: ["seven"] }, "body.deliveries.0"],
      ["/v1/replay", { everything: true }, "body.everything"],
      ["/v1/replay", { filter: { state: "held" } }, "body.filter.state"],
      ["/v1/replay", { deliveries: [] }, "body.deliveries"],
      ["/v1/systems/hubspot/pause", {}, "body.reason"],
    ])("and names the place of what is wrong: %s %j", async (path, sent, field) => {
      const body: unknown = (
        await post(path, sent)
          .expect(400)
          .expect("content-type", /problem\+json/)
      ).body;
      expect(body).toMatchObject({ code: "request_invalid", kind: "data", field });
      expect(queue.asked).toEqual([]);
    });

    it("on what it answers, too", async () => {
      queue.systems = async () => Promise.resolve([{ code: "hubspot" } as never]);
      await get("/v1/systems").expect(500);
    });

    it("which it serves, for programs and for people", async () => {
      const body: unknown = (await get("/openapi.json").expect(200)).body;
      expect(Object.keys((body as { paths: object }).paths)).toContain("/v1/replay");
      await get("/docs/").expect(200).expect("content-type", /html/);
    });

    it("and knows nothing else", async () => {
      await get("/v1/nothing").expect(404);
      await app().delete("/v1/queue").set("authorization", `Bearer ${TOKEN}`).expect(405);
    });
  });

  it("says what to do when the queue is away", async () => {
    queue.away = true;
    const body: unknown = (
      await get("/v1/systems")
        .expect(503)
        .expect("content-type", /problem\+json/)
    ).body;
    expect(body).toMatchObject({ code: "postgres_unreachable", kind: "technical", hint: "Wait." });
  });
});
