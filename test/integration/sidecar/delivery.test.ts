import { OPEN_MS, SidecarBench } from "./running-hub";

/** From the event in Odoo's database to the vendor and back, as the sidecar does it (DES-02). */
describe("the sidecar carries a change", () => {
  let bench: SidecarBench;

  beforeAll(async () => {
    bench = await SidecarBench.open();
  }, OPEN_MS);
  beforeEach(async () => {
    await bench.reset();
  });
  afterAll(async () => {
    await bench.close();
  });

  const companies = (): ReturnType<SidecarBench["sandbox"]["journal"]["list"]> => bench.sandbox.journal.list("hubspot");
  const partner = (
    id: number,
    record: Record<string, string | boolean | null> = {},
  ): { lane: string; record: Record<string, string | boolean | null> } => ({
    lane: `res.partner,${id}`,
    record: { name: `Company ${id}`, is_company: true, active: true, ...record },
  });

  it("to the CRM and writes state, attempt, external id and link back (DES-02, MAP-04)", async () => {
    await bench.startHub();
    const id = await bench.fixture.change({ ...partner(1), operation: "create" });
    const row = await bench.reaches(id, "delivered");

    const [entry] = companies();
    expect(entry).toMatchObject({ effect: "created", key: "res.partner,1", type: "company" });
    expect(row).toMatchObject({ external_id: entry?.remoteId, error_code: null });
    expect(await bench.fixture.attempts(id)).toMatchObject([
      {
        outcome: "delivered",
        number: 1,
        request: "POST /hubspot/crm/v3/objects/companies/batch/upsert",
        mapping: expect.stringContaining("customer@1 > hubspot.company@1") as string,
      },
    ]);
    expect(await bench.database.queue.links("hubspot", ["res.partner,1"])).toMatchObject([
      { type: "company", externalId: entry?.remoteId },
    ]);
  });

  it("with Odoo's trace id in the vendor's request and on the attempt (OBS-01)", async () => {
    await bench.startHub();
    const id = await bench.fixture.change(partner(1));
    await bench.reaches(id, "delivered");
    const [attempt] = await bench.fixture.attempts(id);
    const inOdoo = String(attempt?.["traceparent"]).split("-");
    const atVendor = (companies()[0]?.traceparent ?? "").split("-");
    expect(atVendor[1]).toBe(inOdoo[1]);
    expect(atVendor[2]).not.toBe(inOdoo[2]);
  });

  it("as one request where the vendor takes many records at once", async () => {
    const ids: number[] = [];
    for (let n = 1; n <= 60; n += 1) ids.push(await bench.fixture.change(partner(n)));
    // A fault that does nothing counts the requests.
    bench.sandbox.faults.add({ system: "hubspot", fault: { kind: "slow", delayMs: 0 } });
    await bench.startHub();
    for (const id of ids) await bench.reaches(id, "delivered");
    expect(new Set(companies().map((entry) => entry.remoteId)).size).toBe(60);
    expect(bench.sandbox.faults.list()[0]?.struck).toBe(1);
  });

  it("and skips what the target holds already (RES-07)", async () => {
    await bench.startHub();
    const first = await bench.fixture.change(partner(1));
    await bench.reaches(first, "delivered");
    const again = await bench.fixture.change(partner(1));
    await bench.reaches(again, "delivered");
    expect(companies()).toHaveLength(1);
    expect((await bench.fixture.attempts(again)).map((attempt) => attempt["outcome"])).toEqual(["unchanged"]);
  });

  it("and sends it all the same when a person asks for it (RES-04)", async () => {
    await bench.startHub();
    const id = await bench.fixture.change(partner(1));
    await bench.reaches(id, "delivered");
    await bench.database.queue.replay([id], "operator", true);
    await bench.reaches(id, "delivered");
    expect(companies().map((entry) => entry.effect)).toEqual(["created", "updated"]);
  });

  it("or holds it and names the field when a required field is empty, while the rest go on (MAP-03)", async () => {
    await bench.startHub();
    const broken = await bench.fixture.change(partner(1, { name: null }));
    const good = await bench.fixture.change(partner(2));
    await bench.reaches(good, "delivered");
    expect(await bench.reaches(broken, "held")).toMatchObject({ error_kind: "data", error_field: "customer.name" });
    expect(companies()).toHaveLength(1);
  });

  it("or holds it when no mapping takes the object to the system", async () => {
    await bench.startHub();
    const id = await bench.fixture.change({ ...partner(1), system: "bamboohr" });
    expect(await bench.reaches(id, "held")).toMatchObject({ error_kind: "data", error_code: "mapping_not_found" });
  });

  it("after the record it refers to: a contact waits for its company and follows by itself", async () => {
    await bench.startHub();
    const contact = await bench.fixture.change({
      lane: "res.partner,7",
      object: "contact",
      record: {
        name: "Ann Example",
        email: "ann@example.com",
        active: true,

        commercial_partner_id: { id: 1, model: "res.partner", name: "Company 1", is_company: true },
      },
    });
    // Nobody can be asked for the company without Odoo's API: it is held, and says which record it needs.
    expect(await bench.reaches(contact, "held")).toMatchObject({
      error_code: "missing_reference",
      wait_for: "res.partner,1",
    });
    await bench.reaches(await bench.fixture.change(partner(1)), "delivered");
    await bench.reaches(contact, "delivered");
  });

  it("and deletes at the vendor what was deleted in Odoo", async () => {
    await bench.startHub();
    await bench.reaches(await bench.fixture.change(partner(1)), "delivered");
    const gone = await bench.fixture.change({ ...partner(1), operation: "unlink" });
    await bench.reaches(gone, "delivered");
    expect(companies().map((entry) => entry.effect)).toEqual(["created", "deleted"]);
    expect(await bench.database.queue.links("hubspot", ["res.partner,1"])).toEqual([]);
  });

  it("and calls nobody for the deletion of what never arrived", async () => {
    await bench.startHub();
    const id = await bench.fixture.change({ ...partner(1), operation: "unlink" });
    await bench.reaches(id, "delivered");
    expect(companies()).toEqual([]);
    expect(await bench.fixture.attempts(id)).toMatchObject([{ outcome: "unchanged" }]);
  });

  it("keeps the order of one record's changes (RES-06)", async () => {
    await bench.startHub();
    const ids: number[] = [];
    for (let n = 1; n <= 5; n += 1) {
      ids.push(await bench.fixture.change({ ...partner(1, { name: `Name ${n}` }), coalesce: false }));
    }
    for (const id of ids) await bench.reaches(id, "delivered");
    const company = bench.sandbox.store.table("hubspot", "company")?.live()[0];
    expect(JSON.stringify(company?.fields)).toContain("Name 5");
    expect(companies()).toHaveLength(5);
  });
});
