import { createHmac } from "node:crypto";
import type { Express } from "express";
import pino from "pino";
import request, { type Test } from "supertest";
import { compileWebhooks, type WebhooksDefinition } from "../../../sidecar/connectors/webhooks";
import type { Json, JsonObject } from "../../../sidecar/domain/json";
import { Inbox } from "../../../sidecar/inbound/inbox";
import { createReceiver, type ReceiverLimits } from "../../../sidecar/inbound/receiver";
import { forgetRefused, SecurityEvents } from "../../../sidecar/inbound/security-events";
import { tellRefusals } from "../../../sidecar/inbound/tell-refusals";
import type { RecordClient } from "../../../sidecar/odoo/record-client";
import { openStore } from "../../../sidecar/store/database";
import { openStoreDatabase, type StoreDatabase } from "../store/store-database";

const OPEN_MS = 400_000;
const KEY = "the key";
const CRM: WebhooksDefinition = {
  signature: {
    type: "hmac",
    header: "X-Signature",
    encoding: "hex",
    signed: "{url}{body}",
    secrets: ["webhookSecret"],
  },
  handshakes: [
    { when: { path: "type", equals: "url_verification" }, value: "challenge", as: "json", key: "challenge" },
    {
      when: { value: "{query.validationToken?}", exists: true },
      signed: false,
      value: { query: "validationToken" },
      as: "text",
    },
  ],
  notices: {
    each: "events",
    id: ["id"],
    event: "type",
    events: { "company.*": { object: "company", change: "changed" } },
    externalId: "objectId",
    occurredAt: "at",
  },
  status: 204,
};
const LIMITS: ReceiverLimits = {
  publicUrl: "https://hub.example.com",
  maxBodyBytes: 4_096,
  maxPerSecond: 1_000,
  proxies: 0,
};

/** What vendors post, on a real Postgres (INT-02, SEC-11, SEC-14). */
describe("the door for webhooks", () => {
  let database: StoreDatabase;
  let store: ReturnType<typeof openStore>;
  let security: SecurityEvents;
  let app: Express;

  const open = (limits: Partial<ReceiverLimits> = {}, credentials = { webhookSecret: KEY }): Express =>
    createReceiver(
      {
        endpoints: new Map([["crm", compileWebhooks(CRM, credentials)]]),
        inbox: new Inbox(store),
        security,
        log: pino({ level: "silent" }),
      },
      { ...LIMITS, ...limits },
    );

  beforeAll(async () => {
    database = await openStoreDatabase();
    store = openStore(database.url);
  }, OPEN_MS);
  beforeEach(async () => {
    await database.admin.query("TRUNCATE hub.inbox, hub.security_event");
    security = new SecurityEvents(store, pino({ level: "silent" }));
    app = open();
  });
  afterAll(async () => {
    await store?.destroy();
    await database?.close();
  });

  const sign = (body: string, path = "/webhooks/crm", key = KEY): string =>
    createHmac("sha256", key).update(`https://hub.example.com${path}${body}`).digest("hex");
  const post = (body: string, signature = sign(body), to = app): Test =>
    request(to).post("/webhooks/crm").set("content-type", "application/json").set("X-Signature", signature).send(body);
  const events = (...ids: number[]): string =>
    JSON.stringify({
      events: ids.map((id) => ({ id, type: "company.changed", objectId: `c${id}`, at: 1_790_000_000_000 })),
    });
  const inbox = async (): Promise<{ key: string; object: string; external_id: string }[]> =>
    (await database.admin.query("SELECT key, object, external_id FROM hub.inbox ORDER BY id")).rows as never;
  const refused = async (): Promise<Record<string, number>> => {
    await security.flush();
    const { rows } = await database.admin.query<{ system: string; reason: string; count: number }>(
      "SELECT system, reason, count FROM hub.security_event",
    );
    return Object.fromEntries(rows.map(({ system, reason, count }) => [`${system}:${reason}`, count]));
  };

  it("keeps the notices of a signed body before it answers, each with the record it names", async () => {
    await post(events(1, 2)).expect(204, "");
    expect(await inbox()).toEqual([
      { key: "1", object: "company", external_id: "c1" },
      { key: "2", object: "company", external_id: "c2" },
    ]);
    expect(await refused()).toEqual({});
  });

  it("keeps a notice once, however often and in whatever company it is sent (RES-07)", async () => {
    await Promise.all([post(events(1, 2)), post(events(2, 1)), post(events(2, 3)), post(events(1, 2))]);
    expect((await inbox()).map(({ key }) => key).sort()).toEqual(["1", "2", "3"]);
  });

  it("keeps a notice whatever characters and moment it holds: refused, the vendor would send it for ever", async () => {
    const event = {
      id: 1,
      type: "company.changed",
      objectId: "c1",
      at: 1_790_000_000_000_000,
      name: "a\u0000b \ud83d",
    };
    await post(JSON.stringify({ events: [event] })).expect(204);
    expect(await inbox()).toEqual([{ key: "1", object: "company", external_id: "c1" }]);
  });

  it("keeps nothing of a forged call, says nothing about why, and counts it as one security event (SEC-11)", async () => {
    for (let n = 0; n < 20; n += 1) await post(events(n), sign(events(n), "/webhooks/crm", "guessed")).expect(401, "");
    await request(app).post("/webhooks/crm").send(events(1)).expect(401, "");
    await post(events(1), sign(events(1), "/webhooks/other")).expect(401, "");
    expect(await inbox()).toEqual([]);
    expect(await refused()).toEqual({ "crm:bad_signature": 21, "crm:no_signature": 1 });
  });

  it("tells Odoo what was refused, once for each hour and reason, and again only what came since (SEC-11)", async () => {
    const told: JsonObject[][] = [];
    const records = {
      call: (model: string, method: string, { events: given }: Record<string, Json>) => {
        expect(`${model}.${method}`).toBe("integration.inbound.refused");
        told.push(given as JsonObject[]);
        return Promise.resolve(told.length);
      },
    } as unknown as RecordClient;
    for (let n = 0; n < 3; n += 1) await post(events(n), "guessed").expect(401);
    await request(app).post("/webhooks/nobody").send("{}").expect(404);
    await security.flush();
    await tellRefusals(store, records);
    await tellRefusals(store, records);
    expect(told).toHaveLength(1);
    expect(told[0]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ system: "crm", reason: "bad_signature", count: 3 }),
        expect.objectContaining({ system: "?", reason: "unknown_system", count: 1 }),
      ]),
    );
    await post(events(4), "guessed").expect(401);
    await security.flush();
    await tellRefusals(store, records);
    expect(told[1]).toMatchObject([{ system: "crm", reason: "bad_signature", count: 4 }]);
    expect(new Date(told[1]?.[0]?.["hour"] as string).getTime() % 3_600_000).toBe(0);
    // Kept until Odoo has them and they are old.
    await post(events(5), "guessed").expect(401);
    await security.flush();
    await database.admin.query("UPDATE hub.security_event SET hour = hour - interval '31 days'");
    await forgetRefused(store, 30);
    expect(await refused()).toEqual({ "crm:bad_signature": 5 });
    await tellRefusals(store, records);
    await forgetRefused(store, 30);
    expect(await refused()).toEqual({});
  });

  it("is closed where no secret is set", async () => {
    await post(events(1), sign(events(1), "/webhooks/crm", ""), open({}, { webhookSecret: "" })).expect(401);
    expect(await refused()).toEqual({ "crm:secret_not_set": 1 });
  });

  it("refuses what is too large, packed, not JSON or nested without end, and goes on (SEC-14)", async () => {
    const large = events(...Array.from({ length: 100 }, (_, n) => n));
    await post(large).expect(413);
    await post("{", sign("{")).expect(400);
    const deep = "[".repeat(2_000) + "]".repeat(2_000);
    await post(deep, sign(deep)).expect(400);
    await post(events(1)).set("content-encoding", "gzip").expect(415);
    await request(app).post("/webhooks/nobody").send("{}").expect(404);
    // What is no vendor's address is not read at all.
    await request(app).post("/elsewhere").type("text").send(large).expect(404);
    await post(events(1)).expect(204);
    expect(await refused()).toEqual({ "crm:too_large": 1, "crm:malformed": 3, ":unknown_system": 1 });
  });

  it("lets a sender that calls too often wait, without reading what it sends (SEC-14)", async () => {
    const narrow = open({ maxPerSecond: 3 });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => post(events(n), undefined, narrow)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 204).length).toBeLessThanOrEqual(6);
    expect(statuses).toContain(429);
    expect(answers.find(({ status }) => status === 429)?.headers["retry-after"]).toBe("1");
    expect(await inbox()).toHaveLength(statuses.filter((status) => status === 204).length);
  });

  it("answers the vendor's questions: the signed one only when it is signed", async () => {
    const question = JSON.stringify({ type: "url_verification", challenge: "abc" });
    await post(question).expect(200, { challenge: "abc" });
    await post(question, "wrong").expect(401);
    await request(app)
      .post("/webhooks/crm?validationToken=Q%3D1")
      .expect(200, "Q=1")
      .expect("content-type", /text\/plain/);
    expect(await inbox()).toEqual([]);
  });

  it("asks the vendor to come again while the store is away, and keeps the notice then (RES-05)", async () => {
    await database.refuse();
    await post(events(1)).expect(503).expect("retry-after", "5");
    await database.allow();
    await post(events(1)).expect(204);
    expect(await inbox()).toHaveLength(1);
  });
});
