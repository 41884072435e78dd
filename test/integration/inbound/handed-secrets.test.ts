import { createHmac } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Knex } from "knex";
import pino from "pino";
import { compileWebhooks } from "../../../sidecar/connectors/webhooks";
import { Inbox } from "../../../sidecar/inbound/inbox";
import { createReceiver } from "../../../sidecar/inbound/receiver";
import { SecurityEvents } from "../../../sidecar/inbound/security-events";
import { openStore } from "../../../sidecar/store/database";
import { HandedSecrets } from "../../../sidecar/store/handed-secrets";
import { Sealer } from "../../../sidecar/store/sealed";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { waitFor } from "../../support/wait-for";
import { definitionOf } from "../../unit/connectors/connect";
import { openStoreDatabase, type StoreDatabase } from "../store/store-database";

const OPEN_MS = 400_000;
const KEY = "k".repeat(32);

/** A process of the hub with its door, as far as webhooks need one. */
interface Sidecar {
  url: string;
  handed: HandedSecrets;
  security: SecurityEvents;
  stop(): Promise<void>;
}

/** Asana hands over, while it is subscribed, the secret that it signs with; nobody can configure it before (INT-02, SEC-11, SEC-04). */
describe("secrets that a vendor hands over", () => {
  let database: StoreDatabase;
  let sandbox: Sandbox;
  const running: Sidecar[] = [];

  beforeAll(async () => {
    database = await openStoreDatabase();
    sandbox = await startSandbox({ port: 0 });
  }, OPEN_MS);
  beforeEach(async () => {
    sandbox.reset();
    await database.admin.query("TRUNCATE hub.inbox, hub.security_event, hub.webhook_secret, hub.webhook_window");
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
  });
  afterAll(async () => {
    await sandbox?.close();
    await database?.close();
  });

  const sidecar = async (key: string | null = KEY): Promise<Sidecar> => {
    const store: Knex = openStore(database.url);
    const log = pino({ level: "silent" });
    const { webhooks } = definitionOf("asana").definition;
    if (!webhooks) throw new Error("asana has no webhooks");
    const security = new SecurityEvents(store, log);
    const handed = new HandedSecrets(store, key === null ? null : new Sealer(Buffer.from(key)));
    const endpoints = new Map([["asana", compileWebhooks(webhooks, {})]]);
    const limits = { publicUrl: "https://hub.example.com", maxBodyBytes: 100_000, maxPerSecond: 1_000, proxies: 0 };
    const app = createReceiver({ endpoints, inbox: new Inbox(store), security, handed, log }, limits);
    const server: Server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const one = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/asana`,
      handed,
      security,
      stop: async () => {
        await new Promise((resolve) => server.close(resolve));
        await security.flush();
        await store.destroy();
      },
    };
    running.push(one);
    return one;
  };
  const asana = async (method: string, path: string, data?: object): Promise<{ status: number; gid: string }> => {
    const headers = { authorization: "Bearer demo", "content-type": "application/json" };
    const body = data ? { body: JSON.stringify({ data }) } : {};
    const answer = await fetch(`${sandbox.url}/asana${path}`, { method, headers, ...body });
    const { data: made } = (await answer.json()) as { data?: { gid?: string } };
    return { status: answer.status, gid: made?.gid ?? "" };
  };
  const project = async (name: string): Promise<string> =>
    (await asana("POST", "/projects", { name, workspace: "1200000000000001" })).gid;
  const subscribe = (resource: string, target: string): Promise<{ status: number; gid: string }> =>
    asana("POST", "/webhooks", { resource, target });
  const rename = (gid: string, name: string): Promise<unknown> => asana("PUT", `/projects/${gid}`, { name });
  const sent = async (): Promise<(number | null)[]> => {
    await waitFor("what Asana sends to be taken or given up", () => Promise.resolve(sandbox.webhooks.idle()));
    return sandbox.webhooks.list("asana").map(({ status }) => status);
  };
  const kept = async (): Promise<string[]> =>
    (
      await database.admin.query<{ notice: string }>(
        "SELECT object || ' ' || external_id || ' ' || change AS notice FROM hub.inbox ORDER BY id",
      )
    ).rows.map(({ notice }) => notice);
  const refused = async (): Promise<Record<string, number>> => {
    for (const one of running) await one.security.flush();
    const { rows } = await database.admin.query<{ reason: string; count: number }>(
      "SELECT reason, count FROM hub.security_event",
    );
    return Object.fromEntries(rows.map(({ reason, count }) => [reason, count]));
  };
  /** A handshake, or what is signed with a secret, by whoever it may be. */
  const handOver = async (url: string, secret: string): Promise<number> =>
    (await fetch(url, { method: "POST", headers: { "X-Hook-Secret": secret } })).status;
  const signed = async (url: string, secret: string, body = '{"events":[]}', altered = body): Promise<number> => {
    const signature = createHmac("sha256", secret).update(body).digest("hex");
    return (await fetch(url, { method: "POST", headers: { "X-Hook-Signature": signature }, body: altered })).status;
  };

  it("are refused unless a person has opened a window, and that is one security event however often", async () => {
    const { url, handed } = await sidecar();
    const gid = await project("Alpha");
    expect((await subscribe(gid, url)).status).toBe(403);
    expect(await handOver(url, "mine")).toBe(403);
    expect(await signed(url, "mine")).toBe(401);
    expect(await handed.list()).toEqual([]);
    expect(await refused()).toEqual({ handshake: 2, secret_not_set: 1 });
  });

  it("are taken in the window, which one secret closes, and tell every sidecar from then on what is Asana's", async () => {
    const [one, two] = [await sidecar(), await sidecar()];
    const gid = await project("Alpha");
    await one.handed.open("asana", 10, 1, "test");
    expect((await subscribe(gid, `${one.url}?for=alpha`)).status).toBe(201);
    await rename(gid, "Alpha 2");
    // The heartbeat that Asana begins with, and the change.
    expect(await sent()).toEqual([200, 200]);
    expect(await kept()).toEqual([`project ${gid} changed`]);
    const [secret] = await one.handed.active("asana");
    expect(await signed(two.url, secret?.secret ?? "")).toBe(200);
    expect(await two.handed.list()).toMatchObject([
      { system: "asana", address: "/webhooks/asana?for=alpha", openedBy: "test", revokedAt: null },
    ]);
    await waitFor("its use to be noted", async () => (await two.handed.list())[0]?.lastUsedAt !== null);
    expect(await two.handed.windows()).toEqual([]);
    expect(await handOver(two.url, "mine")).toBe(403);
    expect((await subscribe(gid, two.url)).status).toBe(403);
  });

  it("prove nothing that is forged, altered or unsigned; what Asana repeats is kept once", async () => {
    const { url, handed } = await sidecar();
    await handed.open("asana", 10, 1, "test");
    expect(await handOver(url, "the secret")).toBe(200);
    const resource = { gid: "7", resource_type: "task" };
    const event = { created_at: "2026-11-22T12:00:00.000Z", action: "changed", resource };
    const body = JSON.stringify({ events: [event, { ...event, action: "deleted" }, { action: "added" }] });
    expect(await signed(url, "another secret", body)).toBe(401);
    expect(await signed(url, "the secret", body, `${body} `)).toBe(401);
    expect((await fetch(url, { method: "POST", body })).status).toBe(401);
    expect(await kept()).toEqual([]);
    expect(await refused()).toEqual({ bad_signature: 2, no_signature: 1 });
    for (let time = 0; time < 2; time += 1) expect(await signed(url, "the secret", body)).toBe(200);
    expect(await kept()).toEqual(["task 7 changed", "task 7 deleted"]);
  });

  it("are several at once, one for each subscription; a revoked one proves nothing from then on, anywhere", async () => {
    const [one, two] = [await sidecar(), await sidecar()];
    const [alpha, beta] = [await project("Alpha"), await project("Beta")];
    await one.handed.open("asana", 10, 2, "test");
    expect((await subscribe(alpha, one.url)).status).toBe(201);
    expect((await subscribe(beta, two.url)).status).toBe(201);
    for (const gid of [alpha, beta]) await rename(gid, "Renamed");
    expect(await sent()).toEqual([200, 200, 200, 200]);
    expect((await kept()).sort()).toEqual([`project ${alpha} changed`, `project ${beta} changed`].sort());
    const [first, second] = await one.handed.active("asana");
    await one.handed.revoke(first?.id ?? 0, "test");
    for (const { url } of [one, two]) {
      expect(await signed(url, first?.secret ?? "")).toBe(401);
      expect(await signed(url, second?.secret ?? "")).toBe(200);
    }
    await one.handed.open("asana", 10, 1, "test");
    expect(await handOver(two.url, first?.secret ?? "")).toBe(403);
    await expect(one.handed.revoke(999, "test")).rejects.toMatchObject({ failure: { code: "webhook_secret_unknown" } });
  });

  it("survive a restart, sealed: with another key or none they prove nothing, and Asana is asked to come again", async () => {
    const before = await sidecar();
    await before.handed.open("asana", 10, 1, "test");
    expect(await handOver(before.url, "the secret")).toBe(200);
    await running.splice(0)[0]?.stop();
    expect(await signed((await sidecar()).url, "the secret")).toBe(200);
    expect(await signed((await sidecar("x".repeat(32))).url, "the secret")).toBe(503);
    const keyless = await sidecar(null);
    expect(await signed(keyless.url, "the secret")).toBe(401);
    await expect(keyless.handed.open("asana", 10, 1, "test")).rejects.toMatchObject({
      failure: { code: "store_key_missing" },
    });
    const { rows } = await database.admin.query("SELECT t::text AS row FROM hub.webhook_secret t");
    const hex = Buffer.from("the secret").toString("hex");
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`the secret|${hex}`));
  });

  it("find the window closed once its time is over, or a person closed it", async () => {
    const { url, handed } = await sidecar();
    await handed.open("asana", 10, 5, "test");
    expect(await handed.windows()).toMatchObject([{ system: "asana", left: 5 }]);
    await database.admin.query("UPDATE hub.webhook_window SET closes_at = now() - interval '1 second'");
    expect(await handed.windows()).toEqual([]);
    expect(await handOver(url, "late")).toBe(403);
    await handed.open("asana", 10, 5, "test");
    expect(await handed.close("asana")).toBe(true);
    expect(await handed.close("asana")).toBe(false);
    expect(await handOver(url, "later")).toBe(403);
    expect(await handed.list()).toEqual([]);
  });

  it("get one place when two come at once to a window for one; the same again takes none", async () => {
    const [one, two] = [await sidecar(), await sidecar()];
    await one.handed.open("asana", 10, 1, "test");
    const answers = await Promise.all([one, two, one, two].map(({ url }, n) => handOver(url, `secret ${n}`)));
    expect(answers.sort()).toEqual([200, 403, 403, 403]);
    expect(await one.handed.list()).toHaveLength(1);
    await one.handed.open("asana", 10, 1, "test");
    const [known] = await one.handed.active("asana");
    expect(await handOver(one.url, known?.secret ?? "")).toBe(200);
    expect(await one.handed.windows()).toMatchObject([{ left: 1 }]);
    expect(await one.handed.list()).toHaveLength(1);
  });
});
