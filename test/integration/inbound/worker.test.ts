import type { Json } from "../../../sidecar/domain/json";
import { InboundRecords } from "../../../sidecar/inbound/records";
import type { InboundWorker } from "../../../sidecar/inbound/worker";
import { DEAL_IN } from "../../support/inbound-pack";
import { InboundBench, notice, odooIsAway } from "./inbound-bench";

const OPEN_MS = 120_000;

/** From a kept notice to what Odoo is told, on a real Postgres (INT-02, INT-05, RES-05, RES-06). */
describe("what comes in", () => {
  let bench: InboundBench;
  let worker: InboundWorker;
  beforeAll(async () => {
    bench = await InboundBench.open();
  }, OPEN_MS);
  afterAll(async () => bench?.close());
  beforeEach(async () => {
    await bench.reset();
    worker = bench.worker();
  });

  it("is fetched once, as it is now, whatever the notices about it said", async () => {
    bench.deal("7", "Before");
    await bench.notify("7", "7", "7");
    bench.deal("7", "Now", 5);
    await worker.round();
    expect(bench.vendor.lines()).toEqual(["GET /deals/7"]);
    expect(bench.odoo.items).toMatchObject([
      {
        type: "deal",
        external_id: "7",
        object: "opportunity",
        event_type: "opportunity.changed",
        operation: "upsert",
        canonical: { id: "crm:deal,7", name: "Now" },
        document: { model: "crm.lead", values: { name: "Now", type: "opportunity" } },
        not_owned: {},
        may_create: { allowed: true },
        occurred_at: "2026-01-01T00:00:05.000Z",
        mapping: "crm.deal@1 > opportunity@1 > crm.lead@1",
      },
    ]);
    expect(await bench.outcomes("7")).toEqual(["delivered", "delivered", "delivered"]);
  });

  it("is fetched with every field that the release in force reads (MAP-01, GOV-02)", async () => {
    bench.deal("7", "Acme", 0, { x_source: "Fair" });
    const lines = [...(DEAL_IN["lines"] as Json[]), { to: "lostReason", from: "x_source" }];
    const mappings = bench.mappingsWith({ "systems/crm/mappings/in/opportunity.json": { ...DEAL_IN, lines } });
    await bench.notify("7");
    await bench.worker({ release: () => ({ number: 1, mappings }) }).round();
    expect(bench.odoo.items).toMatchObject([{ canonical: { name: "Acme", lostReason: "Fair" } }]);
    expect(bench.vendor.heard.map(({ query }) => query["fields"])).toEqual(["changed,merged,name,status,x_source"]);
  });

  it("leads to the records that it is about when it means nothing itself, once for each state of it", async () => {
    const approval = { id: "A", state: "approved", deals: [{ id: "7" }, { id: "8" }] };
    const deals = bench.vendor.script;
    bench.vendor.script = (heard) => (heard.path === "/approvals/A" ? { body: approval } : deals(heard));
    bench.deal("7", "One");
    bench.deal("8", "Two");
    const tell = (key: string): Promise<unknown> => bench.inbox.keep("crm", [notice("A", key, "approval")]);
    await tell("first");
    await worker.round();
    expect(await bench.outcomes("A")).toEqual(["led"]);
    expect(bench.odoo.items).toEqual([]);
    await worker.round();
    expect([...bench.odoo.records.keys()].sort()).toEqual(["7", "8"]);
    expect(await bench.outcomes("7")).toEqual(["delivered"]);

    bench.vendor.heard.length = 0;
    await tell("repeated");
    await bench.hurry();
    await worker.round();
    await worker.round();
    expect(bench.vendor.lines()).toEqual(["GET /approvals/A"]);

    bench.vendor.script = (heard) =>
      heard.path === "/approvals/A" ? { body: { ...approval, state: "withdrawn" } } : deals(heard);
    await tell("changed");
    await bench.hurry();
    await worker.round();
    await bench.hurry();
    await worker.round();
    expect(bench.vendor.lines()).toEqual(
      expect.arrayContaining(["GET /approvals/A", "GET /deals/7", "GET /deals/8"]) as string[],
    );
    expect(await bench.open()).toBe(0);

    bench.vendor.script = () => ({ status: 404 });
    await tell("gone");
    await bench.hurry();
    await worker.round();
    expect((await bench.outcomes("A")).at(-1)).toBe("led");
    expect(await bench.open()).toBe(0);
  });

  it("is fetched again when a notice arrives while it is read", async () => {
    bench.deal("7", "First");
    await bench.notify("7");
    bench.odoo.answer = () => {
      bench.odoo.answer = () => null;
      bench.deal("7", "Second", 5);
      void bench.notify("7");
      return null;
    };
    await worker.round();
    await bench.hurry();
    await worker.round();
    expect(bench.odoo.records.get("7")).toMatchObject({ name: "Second" });
  });

  it("has one effect when the sidecar dies between Odoo's answer and its own note", async () => {
    bench.deal("7", "Acme");
    await bench.notify("7");
    bench.odoo.fails = { after: odooIsAway() };
    await worker.round();
    await bench.hurry();
    await bench.worker().round();
    expect(bench.odoo.changes).toEqual(["7"]);
    expect(new Set(bench.odoo.items.map(({ key }) => key)).size).toBe(1);
    expect(await bench.outcomes("7")).toEqual(["unchanged"]);
  });

  it("counts as made or linked when the answer that said so was lost, and Odoo tells it again (MIG-06)", async () => {
    bench.deal("7", "Made");
    bench.deal("8", "Linked");
    bench.odoo.answer = (item) => ({ unchanged: true, [item["external_id"] === "7" ? "created" : "matched"]: true });
    await bench.notify("7", "8");
    await worker.round();
    expect([await bench.outcomes("7"), await bench.outcomes("8")]).toEqual([["created"], ["matched"]]);
  });

  it("waits while the vendor or Odoo is away, and nothing is lost", async () => {
    bench.deal("7", "Acme");
    await bench.notify("7");
    const { script } = bench.vendor;
    bench.vendor.script = () => ({ status: 503 });
    await worker.round();
    expect(await bench.outcomes("7")).toEqual([null]);
    bench.vendor.script = script;
    await worker.round();
    expect(bench.odoo.items).toEqual([]);
    await bench.hurry();
    bench.odoo.fails = { before: odooIsAway() };
    await worker.round();
    expect(await bench.outcomes("7")).toEqual([null]);
    await bench.hurry();
    await worker.round();
    expect(await bench.outcomes("7")).toEqual(["delivered"]);
  });

  it("is somebody's business once it was tried in vain a few times, and no longer once it gets through (OBS-03)", async () => {
    bench.deal("7", "Acme");
    bench.deal("8", "Quorum");
    await bench.notify("7", "8");
    const records = new InboundRecords(bench.store, "crm");
    for (let tries = 0; tries < 3; tries += 1) {
      expect(await records.stuck()).toEqual([]);
      bench.odoo.fails = { before: odooIsAway() };
      await bench.hurry();
      await worker.round();
    }
    const [stuck, ...others] = await records.stuck();
    expect(others).toEqual([]);
    expect(stuck).toMatchObject({ code: odooIsAway().code, types: ["deal"], records: 2 });
    expect(stuck?.since).toBeInstanceOf(Date);
    await bench.hurry();
    await worker.round();
    expect(await records.stuck()).toEqual([]);
  });

  it("is told to Odoo as gone when the vendor has it no more, and merged records by their old ids (RES-10)", async () => {
    bench.deal("8", "Kept", 0, { merged: "5" });
    await bench.notify("7", "8");
    await worker.round();
    expect(bench.odoo.items).toMatchObject([
      { external_id: "7", operation: "gone", event_type: "opportunity.deleted", document: { model: "crm.lead" } },
      { external_id: "8", old_ids: ["5"] },
    ]);
  });

  it("is not told twice while it did not change: a vendor's several notices of one edit are one exchange", async () => {
    bench.deal("7", "Acme");
    await bench.notify("7");
    await worker.round();
    await bench.notify("7");
    await worker.round();
    expect(bench.odoo.items).toHaveLength(1);
    expect(await bench.outcomes("7")).toEqual(["delivered", "echo"]);
  });

  it("is told again when it was changed and changed back: Odoo's own edit may have come between", async () => {
    bench.deal("7", "Acme");
    await bench.notify("7");
    await worker.round();
    bench.deal("7", "Acme", 60);
    await bench.notify("7");
    await worker.round();
    expect(bench.odoo.items).toHaveLength(2);
    expect(await bench.outcomes("7")).toEqual(["delivered", "unchanged"]);
  });

  it("is read again when a change of Odoo's had just reached it (RES-07)", async () => {
    bench.deal("7", "Old");
    await bench.notify("7");
    bench.odoo.answer = () => ({ state: "received", read_again: true });
    await worker.round();
    expect(await bench.outcomes("7")).toEqual([null]);
    bench.odoo.answer = () => null;
    bench.deal("7", "New", 5);
    await bench.hurry();
    await worker.round();
    expect(bench.odoo.records.get("7")).toMatchObject({ name: "New" });
  });

  it("is read again when Odoo asks for it, and settles the row that asked", async () => {
    bench.deal("7", "Acme");
    await bench.notify("7");
    await worker.round();
    bench.odoo.due_ = [{ delivery_id: 31, type: "deal", external_id: "7", claims: 2 }];
    worker.askOdoo();
    await worker.round();
    const [first, second] = bench.odoo.items;
    expect(second).toMatchObject({ delivery_id: 31, external_id: "7" });
    expect(second?.["key"]).not.toBe(first?.["key"]);
  });

  it.each([
    [
      "has no value where one is needed",
      { name: "" },
      { kind: "data", code: "mapping_required_missing", field: "opportunity.name" },
    ],
    ["has a value that is not known", { status: "maybe" }, { kind: "data", field: "opportunity.status" }],
  ])("becomes a row for people when it %s (MAP-03)", async (_, more, error) => {
    bench.deal("7", "Acme", 0, more);
    await bench.notify("7");
    await worker.round();
    expect(bench.odoo.items).toMatchObject([{ external_id: "7", operation: "upsert", error }]);
    expect(await bench.outcomes("7")).toEqual(["held"]);
  });

  it("does not jump between states that do not follow each other, until a person says so (MAP-06)", async () => {
    bench.deal("7", "Acme", 0, { status: "lost" });
    await bench.notify("7");
    await worker.round();
    bench.deal("7", "Acme", 5, { status: "won" });
    await bench.notify("7");
    await worker.round();
    expect(bench.odoo.items.at(-1)).toMatchObject({
      error: { kind: "business", code: "state_jump", field: "opportunity.status" },
    });
    bench.odoo.due_ = [{ delivery_id: 31, type: "deal", external_id: "7", claims: 1 }];
    worker.askOdoo();
    await worker.round();
    expect(bench.odoo.items.at(-1)).toMatchObject({ delivery_id: 31, canonical: { status: "won" } });
    expect(bench.odoo.items.at(-1)).not.toHaveProperty("error");
  });

  it("takes nothing while the system is paused", async () => {
    bench.deal("7", "Acme");
    await bench.notify("7");
    const systems = (): Promise<never> => Promise.resolve([{ code: "crm", state: "paused" }] as never);
    await bench.worker({ queue: { systems } }).round();
    expect(bench.vendor.heard).toEqual([]);
    expect(await bench.outcomes("7")).toEqual([null]);
  });

  it("one that Odoo cannot read does not keep back the others", async () => {
    for (const id of ["1", "2", "3"]) bench.deal(id, `Deal ${id}`);
    await bench.notify("1", "2", "3");
    const receive = bench.odoo.receive.bind(bench.odoo);
    const odoo = {
      due: () => Promise.resolve([]),
      receive: async (items: readonly { external_id?: unknown }[]) => {
        if (items.some(({ external_id }) => external_id === "2"))
          throw Object.assign(odooIsAway(), { failure: { ...odooIsAway().failure, kind: "data" } });
        return receive(items as never);
      },
    };
    await bench.worker({ odoo }).round();
    expect([...bench.odoo.records.keys()]).toEqual(["1", "3"]);
    expect(await bench.outcomes("2")).toEqual([null]);
  });

  it("10,000 notices with duplicates and disorder end as an ordered clean run does (TST-04)", async () => {
    const ids = Array.from({ length: 400 }, (_, at) => `d${at}`);
    for (let edit = 0; edit < 5; edit += 1) {
      ids.forEach((id, at) => bench.deal(id, `${id} version ${edit}`, edit * 1_000 + at));
      for (const id of ids) bench.odoo.records.set(id, { name: `${id} version ${edit}`, type: "opportunity" });
    }
    const clean = new Map(bench.odoo.records);
    await bench.reset();
    // Each edit is told of five times, late and in any order, while two sidecars work and the record goes on changing.
    const told = Array.from({ length: 10_000 }, (_, at) => ids[(at * 7_919) % ids.length] ?? "");
    bench.start(2);
    for (let edit = 0; edit < 5; edit += 1) {
      ids.forEach((id, at) => bench.deal(id, `${id} version ${edit}`, edit * 1_000 + at));
      await bench.notify(...told.slice(edit * 2_000, edit * 2_000 + 2_000));
    }
    await bench.settled();
    expect(new Map([...bench.odoo.records].sort())).toEqual(new Map([...clean].sort()));
    // Nothing was applied that was not another state of its record.
    expect(bench.odoo.changes.length).toBeLessThanOrEqual(5 * ids.length);
  }, 90_000);
});
