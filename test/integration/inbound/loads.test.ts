import { join } from "node:path";
import pino from "pino";
import type { Connection } from "../../../sidecar/connections";
import type { Connector } from "../../../sidecar/connectors";
import type { JsonObject } from "../../../sidecar/domain/json";
import { Loads } from "../../../sidecar/inbound/loads";
import type { LoadReport } from "../../../sidecar/inbound/wanted-loads";
import { loadMappings } from "../../../sidecar/mapping/registry";
import type { RecordClient } from "../../../sidecar/odoo/record-client";
import { load as answerLoad } from "../../../sidecar/questions/load";
import { openStore } from "../../../sidecar/store/database";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { waitFor } from "../../support/wait-for";
import { connect } from "../../unit/connectors/connect";
import { openStoreDatabase, type StoreDatabase } from "../store/store-database";

const OPEN_MS = 120_000;
const SEARCH = "/crm/v3/objects/companies/search";
const mappings = loadMappings(join(__dirname, "../../../mappings"));

/** First loads that people ask for in Odoo or the admin API and sidecars run, on a real Postgres with HubSpot's shipped definition (MIG-06). */
describe("a first load that a sidecar runs", () => {
  let database: StoreDatabase;
  let store: ReturnType<typeof openStore>;
  let sandbox: Sandbox;
  let hubspot: Connector;
  let asked: JsonObject[] = [];
  /** Odoo answers once this is resolved. */
  let answering: Promise<void> = Promise.resolve();
  const running: Loads[] = [];

  beforeAll(async () => {
    database = await openStoreDatabase();
    store = openStore(database.url);
    sandbox = await startSandbox({ port: 0 });
    hubspot = connect("hubspot", `${sandbox.url}/hubspot`);
  }, OPEN_MS);
  beforeEach(async () => {
    sandbox.reset();
    asked = [];
    answering = Promise.resolve();
    await database.admin.query("TRUNCATE hub.inbox, hub.inbound_load, hub.inbound_cursor, hub.inbound_listed");
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map(async (loads) => loads.close()));
  });
  afterAll(async () => {
    await hubspot?.close();
    await sandbox?.close();
    await store?.destroy();
    await database?.close();
  });

  /** One more process of the hub. Odoo would create every record it is asked about. */
  const sidecar = (): Loads => {
    const call = async (_model: string, _method: string, { items }: { items: JsonObject[] }): Promise<JsonObject[]> => {
      await answering;
      asked.push(...items);
      return items.map(({ key }) => ({ key: key as string, state: "delivered", created: true }));
    };
    const config = { code: "hubspot", connector: "hubspot" };
    const loads = new Loads({
      connections: [{ config, connector: hubspot } as unknown as Connection],
      store,
      records: { call } as unknown as RecordClient,
      release: () => ({ number: 0, mappings }) as ReturnType<ConstructorParameters<typeof Loads>[0]["release"]>,
      log: pino({ level: process.env["TEST_LOG"] ?? "silent" }),
    });
    running.push(loads);
    return loads;
  };
  const companies = (count: number): void => {
    for (let at = 0; at < count; at += 1) sandbox.store.table("hubspot", "company")?.insert({ name: `C ${at}` });
  };
  const report = async (loads: Loads, dryRun = false): Promise<LoadReport | undefined> =>
    (await loads.reports("hubspot")).find((one) => one.object === "company" && one.dryRun === dryRun);
  const reaches = (loads: Loads, state: LoadReport["state"], dryRun = false): Promise<void> =>
    waitFor(`the load to be ${state}`, async () => (await report(loads, dryRun))?.state === state);
  const named = async (): Promise<number> =>
    Number((await database.admin.query<{ n: string }>("SELECT count(*) AS n FROM hub.inbox")).rows[0]?.n);
  /** What the workers do. */
  const workedOff = async (): Promise<void> => {
    await store.raw("UPDATE hub.inbox SET done_at = now(), outcome = 'created' WHERE done_at IS NULL");
  };
  /** The list cannot be read. */
  const cut = (status: number): void => {
    const fault = { kind: "status", status, body: { message: "No." } } as const;
    sandbox.faults.add({ system: "hubspot", match: { path: SEARCH }, fault });
  };

  it("names every record to the workers and tells how far they are, whoever is asked", async () => {
    companies(3);
    const [one, two] = [sidecar(), sidecar()];
    await one.start("hubspot", "customer", false);
    await waitFor("the list to be read", async () => (await named()) === 3);
    expect(await report(two)).toMatchObject({ state: "running", listed: 3, open: 3, failure: null });
    await workedOff();
    await reaches(two, "done");
    expect(await report(two)).toMatchObject({ listed: 3, open: 0, outcomes: { created: 3 }, reasons: {} });
    await expect(one.start("hubspot", "invoice", false)).rejects.toMatchObject({ failure: { code: "not_listed" } });
  });

  it("is tried out before: Odoo is asked what it would make of each, and nothing is written", async () => {
    companies(12);
    const [one, two] = [sidecar(), sidecar()];
    // Asked for twice while it runs: once it is done, it would be tried out anew.
    let answer = (): void => undefined;
    answering = new Promise((resolve) => (answer = resolve));
    await Promise.all([one.start("hubspot", "customer", true), two.start("hubspot", "customer", true)]);
    answer();
    await reaches(two, "done", true);
    expect(await report(two, true)).toMatchObject({ listed: 12, open: 0, outcomes: { created: 12 } });
    expect(asked).toHaveLength(12);
    expect(asked[0]).toMatchObject({ document: { values: { name: expect.stringMatching(/^C \d+$/) as string } } });
    expect(asked.every((item) => item["dry_run"] === true)).toBe(true);
    expect(await named()).toBe(0);
    expect(await report(two, false)).toBeUndefined();
  });

  it("stops when it is told to, and goes on where it was when it is started again", async () => {
    companies(5);
    const fault = { kind: "slow", delayMs: 1_500 } as const;
    sandbox.faults.add({ system: "hubspot", match: { path: SEARCH }, fault });
    const one = sidecar();
    await one.start("hubspot", "customer", false);
    await one.stop("hubspot", "company");
    expect(await report(one)).toMatchObject({ state: "stopped", listed: 0 });
    sandbox.faults.clear();
    await waitFor("the sidecar to have left it", async () => {
      const { rows } = await database.admin.query("SELECT FROM hub.inbound_load WHERE lease_until IS NULL");
      return rows.length === 1;
    });
    expect(await named()).toBe(0);
    await one.start("hubspot", "customer", false);
    await waitFor("the list to be read", async () => (await named()) === 5);
    const { rows } = await database.admin.query("SELECT FROM hub.inbound_load");
    expect(rows).toHaveLength(1);
  });

  it("is gone on with by another sidecar when the one that ran it is gone", async () => {
    companies(3);
    const died = sidecar();
    await died.close();
    await died.start("hubspot", "customer", false);
    await store.raw("UPDATE hub.inbound_load SET lease = 'who died', lease_until = now() + interval '30 seconds'");
    const other = sidecar();
    await other.look();
    expect(await named()).toBe(0);
    await store.raw("UPDATE hub.inbound_load SET lease_until = now() - interval '1 second'");
    await other.look();
    expect(await named()).toBe(3);
  });

  it("tries again while the vendor is away, and says why it cannot go on when waiting does not help", async () => {
    companies(2);
    const one = sidecar();
    cut(503);
    await one.start("hubspot", "customer", false);
    await waitFor("the failure to be noted", async () => (await report(one))?.failure?.kind === "technical");
    expect(await report(one)).toMatchObject({ state: "running" });
    sandbox.faults.clear();
    cut(401);
    await store.raw("UPDATE hub.inbound_load SET lease_until = NULL");
    await one.look();
    expect(await report(one)).toMatchObject({ state: "failed", failure: { kind: "credential" } });
    sandbox.faults.clear();
    await one.start("hubspot", "customer", false);
    await waitFor("the list to be read", async () => (await named()) === 2);
    expect(await report(one)).toMatchObject({ failure: null });
  });

  it("that got over an outage by itself says nothing of it any more", async () => {
    companies(2);
    const one = sidecar();
    cut(503);
    await one.start("hubspot", "customer", false);
    await waitFor("the failure to be noted", async () => (await report(one))?.failure?.kind === "technical");
    sandbox.faults.clear();
    await store.raw("UPDATE hub.inbound_load SET lease_until = NULL");
    await one.look();
    await workedOff();
    expect(await report(one)).toMatchObject({ state: "done", outcomes: { created: 2 }, failure: null });
  });

  it("is asked for and told of by Odoo's question, too", async () => {
    companies(1);
    const loads = sidecar();
    const told = await answerLoad({ loads }, { system: "hubspot" });
    expect(told["loads"]).toEqual([]);
    expect(told["lists"]).toContainEqual({ object: "company", becomes: "customer" });
    await answerLoad({ loads }, { system: "hubspot", action: "dry_run", object: "company" });
    await reaches(loads, "done", true);
    expect((await answerLoad({ loads }, { system: "hubspot" }))["loads"]).toMatchObject([
      { object: "company", dry_run: true, state: "done", outcomes: { created: 1 }, failure: null },
    ]);
    await answerLoad({ loads }, { system: "hubspot", action: "start", object: "company" });
    await waitFor("the list to be read", async () => (await named()) === 1);
    await answerLoad({ loads }, { system: "hubspot", action: "stop", object: "company" });
    await expect(answerLoad({ loads }, { system: "nobody" })).rejects.toMatchObject({
      failure: { code: "not_listed" },
    });
    await expect(answerLoad(null, { system: "hubspot" })).rejects.toMatchObject({ failure: { code: "inbound_off" } });
  });
});
