import { join } from "node:path";
import pino from "pino";
import type { Connection } from "../../../sidecar/connections";
import type { Connector } from "../../../sidecar/connectors";
import type { PollHealth } from "../../../sidecar/domain/poll-health";
import { Inbound } from "../../../sidecar/inbound/inbound";
import { Inbox } from "../../../sidecar/inbound/inbox";
import { ListedRecords } from "../../../sidecar/inbound/listed-records";
import { Poller, type Look, type LookOptions } from "../../../sidecar/inbound/poller";
import { loadMappings, type Release } from "../../../sidecar/mapping/registry";
import type { Queue, SystemState } from "../../../sidecar/odoo/queue";
import type { RecordClient } from "../../../sidecar/odoo/record-client";
import { openStore } from "../../../sidecar/store/database";
import { createMetrics } from "../../../sidecar/telemetry/metrics";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import type { Table } from "../../sandbox/store";
import { waitFor } from "../../support/wait-for";
import { connect, definitionOf } from "../../unit/connectors/connect";
import { openStoreDatabase, type StoreDatabase } from "../store/store-database";

const MAPPINGS = join(__dirname, "../../../mappings");
const OPEN_MS = 120_000;
const HOUR_MS = 3_600_000;
const AGO_MS = 10_000;

/** What changed without a webhook is found, on a real Postgres and with the shipped definitions (REC-04, INT-05). */
describe("a look at what changed", () => {
  let database: StoreDatabase;
  let store: ReturnType<typeof openStore>;
  let sandbox: Sandbox;
  let hubspot: Connector;
  let bamboohr: Connector;
  beforeAll(async () => {
    database = await openStoreDatabase();
    store = openStore(database.url);
    sandbox = await startSandbox({ port: 0 });
    hubspot = connect("hubspot", `${sandbox.url}/hubspot`);
    bamboohr = connect("bamboohr", `${sandbox.url}/bamboohr`, { settings: { companyDomain: "acme" } });
  }, OPEN_MS);
  afterAll(async () => {
    await hubspot?.close();
    await bamboohr?.close();
    await sandbox?.close();
    await store?.destroy();
    await database?.close();
  });
  beforeEach(async () => {
    sandbox.reset();
    // What changed just now is read once more at the next look, because vendors' clocks are coarse.
    sandbox.clock.move(-AGO_MS);
    await database.admin.query("TRUNCATE hub.inbox, hub.inbound_record, hub.inbound_cursor, hub.inbound_listed");
  });

  const metrics = createMetrics();
  const poller = (connector: Connector, types: string[]): Poller =>
    new Poller({
      connection: { config: { code: connector.code } as never, connector },
      listed: new ListedRecords(store),
      types: () => types,
      told: () => true,
      metrics,
      log: pino({ level: process.env["TEST_LOG"] ?? "silent" }),
    });
  /** One look of a new sidecar: nothing is known but what the store knows. */
  async function look(options: LookOptions = {}, connector = hubspot, type = "company"): Promise<Look> {
    const [only] = await poller(connector, [type]).look(options);
    if (!only) throw new Error("nothing was looked at");
    return only;
  }
  const companies = (): Table => sandbox.store.table("hubspot", "company") as Table;
  /** Companies that were there long before. */
  function old(...names: string[]): string[] {
    sandbox.clock.move(-HOUR_MS);
    const ids = names.map((name) => companies().insert({ name }).id);
    sandbox.clock.move(-AGO_MS);
    return ids;
  }
  /** Ids of the notices kept since the last call, with what they say. */
  async function notices(): Promise<string[]> {
    const { rows } = await database.admin.query<{ said: string }>(
      "WITH gone AS (UPDATE hub.inbox SET done_at = now() WHERE done_at IS NULL RETURNING *) SELECT change || ' ' || external_id AS said FROM gone ORDER BY id",
    );
    return rows.map(({ said }) => said);
  }
  /** As the worker notes it when Odoo took a record as it is now. */
  async function takenOver(...ids: string[]): Promise<void> {
    for (const id of ids)
      await database.admin.query(
        `INSERT INTO hub.inbound_record (system, object, external_id, hash, vendor_time, fetched_at)
         VALUES ('hubspot', 'company', $1, 'x', $2, now() + interval '10 seconds')
         ON CONFLICT (system, object, external_id) DO UPDATE SET vendor_time = excluded.vendor_time, fetched_at = excluded.fetched_at`,
        [id, new Date(Math.floor(companies().get(id)?.updatedAt ?? 0))],
      );
  }

  it("leaves what was there before to the first load, and finds each change after it once", async () => {
    const [acme, quorum] = old("Acme", "Quorum");
    expect(await look()).toMatchObject({ first: true, found: 0, failure: null });
    companies().update(acme ?? "", { name: "Acme nv" });
    const { id } = companies().insert({ name: "New" });
    expect(await look()).toMatchObject({ first: false, found: 2, missed: 2 });
    expect(await notices()).toEqual([`changed ${acme}`, `changed ${id}`]);
    // Both lie within the overlap and are listed again; nothing is new about them.
    expect(await look()).toMatchObject({ found: 0 });
    companies().update(quorum ?? "", { name: "Quorum nv" });
    expect(await look()).toMatchObject({ found: 1 });
    expect(await notices()).toEqual([`changed ${quorum}`]);
  });

  it("counts as missed only what no webhook told of, and reads nothing again that was taken over since (REC-04)", async () => {
    const [told, lost, taken] = old("Told", "Lost", "Taken");
    await look();
    for (const id of [told, lost, taken]) companies().update(id ?? "", { city: "Ghent" });
    const notice = { key: "1", event: "company.propertyChange", object: "company", change: "changed" as const };
    await new Inbox(store).keep("hubspot", [{ ...notice, externalId: told ?? "", occurredAt: null, item: {} }]);
    await takenOver(taken ?? "");
    expect(await look()).toMatchObject({ found: 2, missed: 1 });
    expect(await notices()).toEqual([`changed ${told}`, `changed ${told}`, `changed ${lost}`]);
    const { values } = await metrics.missed.get();
    expect(values.find(({ labels }) => labels.system === "hubspot")?.value).toBeGreaterThan(0);
  });

  it("goes on after an outage where it got to, and finds all that changed meanwhile", async () => {
    await look();
    const ids = Array.from({ length: 250 }, (_, at) => companies().insert({ name: `Company ${at}` }).id);
    sandbox.faults.add({
      system: "hubspot",
      match: { path: "/crm/v3/objects/companies/search" },
      skip: 1,
      fault: { kind: "status", status: 503 },
    });
    const cut = await look();
    expect(cut.failure).toMatchObject({ kind: "technical" });
    sandbox.faults.clear();
    const rest = await look();
    expect(rest).toMatchObject({ failure: null });
    expect(cut.found + rest.found).toBe(250);
    expect(new Set(await notices())).toEqual(new Set(ids.map((id) => `changed ${id}`)));
  });

  it("keeps one notice of a change when two sidecars look at the same time", async () => {
    await look();
    const ids = Array.from({ length: 120 }, (_, at) => companies().insert({ name: `Company ${at}` }).id);
    const both = await Promise.all([look(), look()]);
    expect(both.reduce((sum, { found }) => sum + found, 0)).toBe(120);
    expect((await notices()).sort()).toEqual(ids.map((id) => `changed ${id}`).sort());
    // By the clock, one of them looks.
    const byClock = await Promise.all([1, 2].map(async () => poller(hubspot, ["company"]).look({ everyMs: 60_000 })));
    expect(byClock.flat()).toHaveLength(0);
  });

  it("finds what was deleted by going through all that is there, and only when that was read to its end", async () => {
    const ids = old(...Array.from({ length: 130 }, (_, at) => `Company ${at}`));
    expect(await look({ sweepMs: 0 })).toMatchObject({ first: true, swept: true, found: 0 });
    companies().remove(ids[7] ?? "");
    sandbox.faults.add({
      system: "hubspot",
      match: { method: "GET", path: "/crm/v3/objects/companies" },
      skip: 1,
      fault: { kind: "status", status: 503 },
    });
    expect(await look({ sweepMs: 0 })).toMatchObject({ swept: false, found: 0, failure: { kind: "technical" } });
    sandbox.faults.clear();
    expect(await look({ sweepMs: HOUR_MS })).toMatchObject({ swept: false, found: 0 });
    expect(await look({ sweepMs: 0 })).toMatchObject({ swept: true, found: 1, missed: 1 });
    expect(await notices()).toEqual([`deleted ${ids[7]}`]);
    expect(await look({ sweepMs: 0 })).toMatchObject({ found: 0 });
  });

  it("knows of records that came in before the first sweep", async () => {
    const [acme = "", quorum = ""] = old("Acme", "Quorum");
    await takenOver(acme, quorum);
    companies().remove(quorum);
    expect(await look({ sweepMs: 0 })).toMatchObject({ swept: true, found: 1 });
    expect(await notices()).toEqual([`deleted ${quorum}`]);
  });

  it("compares entry by entry where a list has no times", async () => {
    const requests = sandbox.store.table("bamboohr", "time_off") as Table;
    const request = { employeeId: "4", status: "approved", start: "2026-12-01", end: "2026-12-02", typeId: "78" };
    requests.insert(request);
    const leave = async (): Promise<Look> => look({}, bamboohr, "time_off");
    expect(await leave()).toMatchObject({ first: true, found: 0 });
    const second = requests.insert({ ...request, start: "2026-12-03" });
    expect(await leave()).toMatchObject({ found: 1 });
    requests.update(second.id, { status: "canceled" });
    expect(await leave()).toMatchObject({ found: 1 });
    requests.update(second.id, { status: "approved" });
    expect(await leave()).toMatchObject({ found: 1 });
    expect(await leave()).toMatchObject({ found: 0 });
    expect(await notices()).toEqual([1, 2, 3].map(() => `changed ${second.id}`));
  });

  it("says what is wrong with one list and reads the others", async () => {
    sandbox.faults.add({
      system: "hubspot",
      match: { path: "/crm/v3/objects/companies/search" },
      fault: { kind: "status", status: 401 },
    });
    const looks = await poller(hubspot, ["company", "contact"]).look();
    expect(looks).toMatchObject([
      { object: "company", failure: { kind: "credential" } },
      { object: "contact", failure: null },
    ]);
  });

  it("is shown to people in Odoo, list by list; of a paused system nothing is looked for, so nothing fails (OBS-03)", async () => {
    let paused = false;
    let said: [string, readonly PollHealth[]][] = [];
    const queue: Pick<Queue, "systems" | "reportPolls"> = {
      systems: () => Promise.resolve([{ code: "hubspot", state: paused ? "paused" : "active" } as SystemState]),
      reportPolls: (...call) => Promise.resolve(said.push(call) > 0),
    };
    const connections = ["hubspot", "bamboohr"].map((code) => ({
      config: { code, connector: code },
      definition: { definition: definitionOf(code) },
      connector: code === "hubspot" ? hubspot : bamboohr,
    }));
    const mappings = loadMappings(MAPPINGS);
    const inbound = new Inbound({
      connections: connections as unknown as Connection[],
      store,
      records: {} as RecordClient,
      queue: queue as Queue,
      release: () => ({ mappings }) as Release,
      metrics,
      doorOpen: true,
      log: pino({ level: "silent" }),
    });
    sandbox.faults.add({
      system: "hubspot",
      match: { path: "/crm/v3/objects/companies/search" },
      fault: { kind: "status", status: 401 },
    });
    await inbound.lookAround(0, null);
    expect(await inbound.reportPolls()).toBe(true);
    // Odoo does not know BambooHR yet.
    expect(said.map(([system]) => system)).toEqual(["hubspot"]);
    const lists = (): unknown[] => said[0]?.[1].toSorted((a, b) => a.type.localeCompare(b.type)) ?? [];
    expect(lists()).toMatchObject([
      { type: "company", objects: ["customer"], failing: { failure: { kind: "credential" } } },
      { type: "contact", objects: ["contact"], failing: null },
      { type: "deal", objects: ["opportunity"], failing: null },
    ]);
    expect(said[0]?.[1].every(({ lookedAt }) => lookedAt instanceof Date)).toBe(true);
    [paused, said] = [true, []];
    await inbound.reportPolls();
    expect(lists()).toMatchObject([{ failing: null }, { failing: null }, { failing: null }]);
  });

  it("that a shutdown cuts off says nothing about the list", async () => {
    const stopped = poller(hubspot, ["company"]);
    sandbox.faults.add({
      system: "hubspot",
      match: { path: "/crm/v3/objects/companies/search" },
      fault: { kind: "slow", delayMs: 60_000 },
    });
    const looking = stopped.look();
    await waitFor("the look to ask", async () => (await stopped.lists()).some(({ lookedAt }) => lookedAt !== null));
    stopped.stop();
    expect((await looking)[0]?.failure).not.toBeNull();
    expect(await stopped.failing()).toEqual([]);
  });
});
