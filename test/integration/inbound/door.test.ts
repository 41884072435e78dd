import { createHmac } from "node:crypto";
import { Client } from "pg";
import request, { type Test } from "supertest";
import { listHanded, openWindow, revokeHanded, showHanded } from "../../../sidecar/commands/webhooks";
import { databaseUrl } from "../../stack/database";
import type { Hub } from "../../../sidecar/hub";
import { ADMIN_TOKEN, OPEN_MS, SidecarBench } from "../sidecar/running-hub";

const SECRET = "the client secret of the app";

/** A whole sidecar with HubSpot's shipped definition (INT-02, DES-06). */
describe("a sidecar's door for webhooks", () => {
  let bench: SidecarBench;
  let store: Client;
  let storeUrl: string;

  beforeAll(async () => {
    bench = await SidecarBench.open();
    const admin = new Client({ connectionString: bench.database.adminUrl });
    await admin.connect();
    await admin.query("CREATE DATABASE hub_store");
    await admin.end();
    storeUrl = databaseUrl(bench.database.adminUrl, "hub_store");
    store = new Client({ connectionString: storeUrl });
    await store.connect();
    await bench.reset();
  }, OPEN_MS);
  afterAll(async () => {
    await store?.end();
    await bench?.close();
  });

  it("takes what HubSpot signs for the public address, and keeps each event once", async () => {
    const config = bench.config({
      storeUrl,
      extra: 'inbound: { port: 0, public_url: "https://hub.example.com/" }',
    });
    const hubspot = config.systems.find(({ code }) => code === "hubspot");
    if (hubspot) hubspot.credentials = { ...hubspot.credentials, clientSecret: SECRET };
    const hub = await bench.startHub(config);
    const event = {
      eventId: 7,
      subscriptionId: 1,
      subscriptionType: "company.propertyChange",
      objectId: 55,
      attemptNumber: 0,
    };
    const body = JSON.stringify([event, { ...event, eventId: 8, subscriptionType: "contact.deletion" }]);
    const at = String(Date.now());
    const signature = createHmac("sha256", SECRET)
      .update(`POSThttps://hub.example.com/webhooks/hubspot${body}${at}`)
      .digest("base64");
    for (let time = 0; time < 2; time += 1) {
      await request(hub.door?.url ?? "")
        .post("/webhooks/hubspot")
        .set({
          "content-type": "application/json",
          "x-hubspot-signature-v3": signature,
          "x-hubspot-request-timestamp": at,
        })
        .send(body)
        .expect(200);
    }
    const { rows } = await store.query("SELECT system, event, object, change, external_id FROM hub.inbox ORDER BY id");
    expect(rows).toEqual([
      { system: "hubspot", event: "company.propertyChange", object: "company", change: "changed", external_id: "55" },
      { system: "hubspot", event: "contact.deletion", object: "contact", change: "deleted", external_id: "55" },
    ]);
    // A system that is not connected, and everything else of the sidecar, is not behind this door.
    await request(hub.door?.url ?? "")
      .post("/webhooks/clockify")
      .send("{}")
      .expect(404);
    await request(hub.door?.url ?? "")
      .get("/healthz")
      .expect(404);
  });

  it("takes the secret that Asana hands over once a command has opened a window, without a restart, until it is revoked", async () => {
    const config = bench.config({ storeUrl, extra: 'inbound: { port: 0, public_url: "https://hub.example.com" }' });
    config.store.key = Buffer.alloc(32, 7).toString("base64");
    const hub = await bench.startHub(config);
    const door = hub.door?.url ?? "";
    const shake = (): Test => request(door).post("/webhooks/asana").set("X-Hook-Secret", "handed over");
    const body = '{"events":[]}';
    const signature = createHmac("sha256", "handed over").update(body).digest("hex");
    const beat = (): Test => request(door).post("/webhooks/asana").set("X-Hook-Signature", signature).send(body);
    await shake().expect(403);
    expect(await printed(() => openWindow(config, "asana", {}))).toContain("https://hub.example.com/webhooks/asana");
    await shake().expect(200).expect("X-Hook-Secret", "handed over");
    await shake().expect(403);
    await beat().expect(200);
    const said = await printed(() => listHanded(config));
    expect(said).toMatch(/1 +asana .*\/webhooks\/asana/);
    expect(said).not.toContain("handed over\n");
    expect(await printed(() => showHanded(config, 1))).toBe("handed over\n");
    await printed(() => revokeHanded(config, 1));
    await beat().expect(401);
    await expect(openWindow(config, "hubspot", {})).rejects.toMatchObject({ failure: { code: "handover_unknown" } });
  });

  /** What a command prints. */
  async function printed(command: () => Promise<number>): Promise<string> {
    const write = jest.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      expect(await command()).toBe(0);
      return write.mock.calls.map(([text]) => String(text)).join("");
    } finally {
      write.mockRestore();
    }
  }

  /** A sidecar that looks at what changed; Odoo's API is configured, and nothing of it is needed to look. */
  async function looking(): Promise<{ hub: Hub; poll: (body?: object, system?: string) => Test }> {
    const config = bench.config({ storeUrl });
    config.odoo.apiKey = "an API key";
    config.polling.minutes = 0;
    const hub = await bench.startHub(config);
    const poll = (body: object = {}, system = "hubspot"): Test =>
      request(hub.url ?? "")
        .post(`/v1/systems/${system}/poll`)
        .set("authorization", `Bearer ${ADMIN_TOKEN}`)
        .send(body);
    return { hub, poll };
  }

  it("looks at what changed when the admin API asks, and answers what it found in each list (REC-04)", async () => {
    const { poll } = await looking();
    const companies = bench.sandbox.store.table("hubspot", "company");
    const first = (await poll().expect(200)).body as { object: string; first: boolean }[];
    expect(first.map(({ object }) => object)).toEqual(expect.arrayContaining(["company", "contact", "deal"]));
    expect(first.every((look) => look.first)).toBe(true);
    const id = companies?.insert({ name: "Acme" }).id;
    const found = { object: "company", found: 1, missed: 0, first: false, swept: false, failure: null };
    await poll({ object: "customer" }).expect(200, [found]);
    const { rows } = await store.query(
      "SELECT object, external_id FROM hub.inbox WHERE system = 'hubspot' AND source = 'poll'",
    );
    expect(rows).toEqual([{ object: "company", external_id: id }]);
    expect((await poll({ object: "customer", sweep: true }).expect(200)).body).toMatchObject([{ swept: true }]);
    expect((await poll({ object: "invoice" }).expect(404)).body).toMatchObject({ code: "not_listed" });
    expect((await poll({}, "nobody").expect(404)).body).toMatchObject({ code: "not_listed" });
    await poll({ objects: ["customer"] }).expect(400);
    await poll().set("authorization", "Bearer guessed").expect(401);
  });

  it("says which list cannot be read, since when and why, until it can again; the sidecar stays ready (GOV-08)", async () => {
    const { hub, poll } = await looking();
    const readiness = async (): Promise<{ name: string; ok: boolean; message: string }[]> => {
      const { body } = (await request(hub.url ?? "")
        .get("/readyz")
        .expect(200)) as { body: { components: { name: string; ok: boolean; message: string }[] } };
      return body.components.filter(({ name }) => name === "changes hubspot");
    };
    const failing = async (): Promise<number> => {
      const { text } = await request(hub.url ?? "")
        .get("/metrics")
        .set("authorization", `Bearer ${ADMIN_TOKEN}`);
      const figure = /integration_hub_poll_failing_seconds\{system="hubspot",object="company"\} (\S+)/.exec(text);
      return Number(figure?.[1]);
    };
    await poll({ object: "customer" }).expect(200);
    expect(await readiness()).toMatchObject([{ ok: true }]);
    expect(await failing()).toBe(0);
    const fault = { kind: "status", status: 401, body: { message: "The token has expired." } } as const;
    bench.sandbox.faults.add({ system: "hubspot", match: { path: "/crm/v3/objects/companies/search" }, fault });
    expect((await poll({ object: "customer" }).expect(200)).body).toMatchObject([{ failure: { kind: "credential" } }]);
    await store.query(
      "UPDATE hub.inbound_cursor SET failed_at = failed_at - interval '14 minutes' WHERE failure IS NOT NULL",
    );
    hub.config.polling.minutes = 5;
    expect(await readiness()).toMatchObject([{ ok: true }]);
    await store.query(
      "UPDATE hub.inbound_cursor SET failed_at = failed_at - interval '1 minute' WHERE failure IS NOT NULL",
    );
    // A second failure does not begin anew.
    await poll({ object: "customer" }).expect(200);
    expect(await readiness()).toMatchObject([
      { ok: false, message: expect.stringMatching(/company since 20/) as string },
    ]);
    expect(await failing()).toBeGreaterThanOrEqual(900);
    bench.sandbox.faults.clear();
    await poll({ object: "customer" }).expect(200);
    expect(await readiness()).toMatchObject([{ ok: true }]);
    expect(await failing()).toBe(0);
  });

  it("is closed unless a port is configured", async () => {
    const hub = await bench.startHub();
    expect(hub.door).toBeNull();
  });
});
