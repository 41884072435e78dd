import type { Connector, DeliverInput } from "../../../sidecar/connectors";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { connect, input, running } from "./connect";

describe("batches, with HubSpot's as the example", () => {
  let sandbox: Sandbox;
  let connector: Connector;
  beforeAll(async () => {
    sandbox = await startSandbox({ port: 0 });
  });
  afterAll(() => sandbox.close());
  beforeEach(() => {
    sandbox.reset();
    connector = connect("hubspot", `${sandbox.url}/hubspot`);
  });
  afterEach(() => connector.close());

  const company = (n: number, properties: Record<string, string> = {}): DeliverInput =>
    input({
      key: `res.partner,${n}`,
      type: "company",
      document: { properties: { name: `Company ${n}`, ...properties } },
    });
  const contact = (n: number, email: string, associations = {}): DeliverInput =>
    input({
      key: `res.partner,${n}`,
      type: "contact",
      document: { properties: { lastname: `Contact ${n}`, email }, associations },
    });
  const requests = (): Set<string> => new Set(sandbox.journal.list("hubspot").map(({ path }) => path));

  it("carry up to a hundred records in a request, and more in several", async () => {
    expect(connector.batchSize("company", "upsert")).toBe(100);
    expect(connector.batchSize("company", "delete")).toBe(1);
    const inputs = Array.from({ length: 230 }, (_, n) => company(n));
    const results = await connector.deliver(inputs, running());
    expect(results.every((result) => result.ok)).toBe(true);
    expect(sandbox.store.table("hubspot", "company")?.live()).toHaveLength(230);
    const stored = sandbox.store.table("hubspot", "company");
    results.forEach((result, n) => {
      expect(result.ok && stored?.get(result.externalId)?.fields["odoo_id"]).toBe(`res.partner,${n}`);
    });
  });

  it("deliver the rest when the vendor refuses one of them (207)", async () => {
    await connector.deliver([contact(1, "taken@example.com")], running());
    const results = await connector.deliver(
      [contact(2, "two@example.com"), contact(3, "taken@example.com"), contact(4, "four@example.com")],
      running(),
    );
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(results[1]).toMatchObject({ failure: { kind: "data", code: "exists_already", field: "email" } });
  });

  it("deliver the rest when one bad record makes the vendor refuse all", async () => {
    const inputs = Array.from({ length: 20 }, (_, n) => company(n, n === 13 ? { no_such: "x" } : {}));
    const results = await connector.deliver(inputs, running());
    expect(results.filter(({ ok }) => ok)).toHaveLength(19);
    expect(results[13]).toMatchObject({ ok: false, failure: { kind: "data", field: "no_such" } });
    expect(sandbox.store.table("hubspot", "company")?.live()).toHaveLength(19);
  });

  it("hold no record twice", async () => {
    const results = await connector.deliver([company(1), company(1, { phone: "2" })], running());
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    expect(sandbox.store.table("hubspot", "company")?.live()).toHaveLength(1);
  });

  it("leave out what came in from there: it goes by its id, which gives it our key, and makes no second record", async () => {
    const table = sandbox.store.table("hubspot", "company");
    const theirs = table?.insert({ name: "Theirs" }).id ?? "";
    const adopted = { ...company(1), externalId: theirs, changedThere: true };
    const results = await connector.deliver([adopted, company(2)], running());
    expect(results[0]).toMatchObject({ ok: true, externalId: theirs, created: false });
    expect(table?.live()).toHaveLength(2);
    expect(table?.get(theirs)?.fields).toMatchObject({ name: "Company 1", odoo_id: "res.partner,1" });
    expect(requests()).toContain(`/hubspot/crm/v3/objects/companies/${theirs}`);
    // Now that it has the key it goes with the others again.
    await connector.deliver([{ ...company(1, { phone: "1" }), externalId: theirs }], running());
    expect(table?.get(theirs)?.fields).toMatchObject({ phone: "1" });
    expect(table?.live()).toHaveLength(2);
  });

  it("make it anew when what came in is gone there meanwhile, where that is the rule", async () => {
    const table = sandbox.store.table("hubspot", "company");
    const theirs = table?.insert({ name: "Theirs" }).id ?? "";
    table?.remove(theirs);
    const [result] = await connector.deliver([{ ...company(1), externalId: theirs, changedThere: true }], running());
    expect(result).toMatchObject({ ok: true });
    expect(table?.live()).toHaveLength(1);
  });

  it("associate what was written, in one request for each pair of types", async () => {
    const [one] = await connector.deliver([company(1)], running());
    const companyId = one?.ok ? one.externalId : "";
    const inputs = [2, 3, 4].map((n) => contact(n, `c${n}@example.com`, { company: companyId }));
    const results = await connector.deliver(inputs, running());
    expect(results.every(({ ok }) => ok)).toBe(true);
    const associated = sandbox.store.table("hubspot", "company")?.get(companyId)?.fields["associations"];
    expect(associated).toEqual(results.map((result) => `contact:${result.ok ? result.externalId : ""}`));
  });

  it("keep the id of a record whose association failed, and name the step", async () => {
    const [fine, broken] = await connector.deliver(
      [contact(1, "a@example.com"), contact(2, "b@example.com", { company: "404" })],
      running(),
    );
    expect(fine).toMatchObject({ ok: true });
    expect(broken).toMatchObject({ ok: false, failure: { kind: "data" } });
    const stored = sandbox.store.table("hubspot", "contact")?.byUnique("odoo_id", "res.partner,2");
    expect(broken && !broken.ok && broken.externalId).toBe(stored?.id);
    expect(broken && !broken.ok && broken.failure.message).toContain("associate with its company");
  });

  it("fail together when the answer is lost, and do no harm when sent again", async () => {
    sandbox.faults.add({ system: "hubspot", fault: { kind: "reset_after_apply" }, times: 1 });
    const inputs = [company(1), company(2)];
    const lost = await connector.deliver(inputs, running());
    expect(lost.map((result) => !result.ok && result.failure.kind)).toEqual(["technical", "technical"]);
    const again = await connector.deliver(inputs, running());
    expect(again.map(({ ok }) => ok)).toEqual([true, true]);
    expect(sandbox.store.table("hubspot", "company")?.live()).toHaveLength(2);
    expect(requests().size).toBe(1);
  });
});
