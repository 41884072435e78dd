import customerMapping from "../../../mappings/systems/hubspot/mappings/customer.json";
import incomingMapping from "../../../mappings/systems/hubspot/mappings/in/customer.json";
import type { Json, JsonObject } from "../../../sidecar/domain/json";
import { waitFor } from "../../support/wait-for";
import { OPEN_MS, SidecarBench } from "./running-hub";

const INCOMING = "systems/hubspot/mappings/in/customer.json";
const FILE = "systems/hubspot/mappings/customer.json";

/** What people ask in Odoo before they change a mapping (MAP-09, GOV-05): nothing is sent because of it. */
describe("the sidecar answers", () => {
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

  const ask = async (kind: string, request: JsonObject): Promise<JsonObject> => askOn(bench, kind, request);
  const writes = (): number => bench.sandbox.journal.list().length;

  it("whether a version compiles, with the place and what to do, and what is to be captured under it", async () => {
    await bench.startHub();
    const wrong = await ask("check", {
      overlay: { [FILE]: withLine({ to: "properties.x", from: "nosuch" }) },
      path: FILE,
    });
    expect(wrong).toMatchObject({ ok: false, objects: {} });
    expect(wrong["problems"]).toEqual([
      expect.objectContaining({ path: FILE, pointer: expect.stringMatching(/^lines\[\d+\]/) as string }),
    ]);
    const right = await ask("check", { overlay: { [FILE]: onlyName() }, path: FILE });
    expect(right).toMatchObject({ ok: true, problems: [], unmapped_required: [] });
    expect(right["unused_source"]).toEqual(expect.arrayContaining(["website", "address.city"]));
    const { customer } = right["objects"] as Record<string, { model: string; paths: string[] }>;
    expect(customer?.model).toBe("res.partner");
    // What no mapping reads any more is not captured (minimisation).
    expect(customer?.paths).toContain("name");
    expect(customer?.paths).not.toContain("website");
  });

  it("whether a connector can take its settings, each with its place, and what the configuration overrules", async () => {
    await bench.startHub();
    const asked = async (code: string, content: JsonObject): Promise<unknown> => {
      const file = `systems/${code}/settings.json`;
      const answer = await ask("check", { overlay: { [file]: { title: code, ...content } }, path: file });
      return (answer["problems"] as { path: string; pointer: string }[]).map(({ path, pointer }) => [path, pointer]);
    };
    const fine = { settings: { portalId: "4711" }, limits: { requests: { search: 2 } }, batches: { company: 10 } };
    expect(await asked("hubspot", fine)).toEqual([]);
    expect(await asked("bamboohr", { settings: { companyDomain: "other" } })).toEqual([
      ["systems/bamboohr/settings.json", "settings.companyDomain"],
    ]);
    const wrong = {
      settings: { keyProperty: "A B", nosuch: 1 },
      limits: { concurrency: 99 },
      batches: { company: 101 },
    };
    expect(await asked("hubspot", wrong)).toEqual([
      ["systems/hubspot/settings.json", "settings.nosuch"],
      ["systems/hubspot/settings.json", "settings.keyProperty"],
      ["systems/hubspot/settings.json", "batches.company"],
    ]);
  });

  it("which required fields of the target a mapping leaves out", async () => {
    await bench.startHub();
    const lines = customerMapping.lines.filter(({ to }) => to !== "properties.name") as Json[];
    const answer = await ask("check", { overlay: { [FILE]: { ...shipped(), lines } }, path: FILE });
    expect(answer["unmapped_required"]).toEqual(["properties.name"]);
  });

  it("what a record would become, and what that changes at the vendor, and sends nothing", async () => {
    await bench.startHub();
    const delivered = await bench.fixture.change({ lane: "res.partner,1", record: company });
    await bench.reaches(delivered, "delivered");
    const before = writes();
    const request = { object: "customer", system: "hubspot", lane: "res.partner,1", record: { id: 1, ...company } };

    const same = await ask("preview", { ...request, overlay: {} });
    expect(same).toMatchObject({ problems: [], current_known: true, differences: [], would_skip: true });

    const changed = await ask("preview", {
      ...request,
      overlay: { [FILE]: withLine({ to: "properties.description", const: "Key account" }) },
    });
    expect(changed).toMatchObject({
      canonical: { name: "Acme" },
      document: { properties: { name: "Acme", description: "Key account" } },
      mapping: "customer@1 > hubspot.company@1",
      current: { name: "Acme", description: null },
      differences: [{ path: "description", now: null, then: "Key account" }],
      would_skip: false,
    });
    expect(writes()).toBe(before);
  });

  it("of a record that the vendor does not have yet, all of it; of one that is not valid, why", async () => {
    await bench.startHub();
    const request = { object: "customer", system: "hubspot", lane: "res.partner,2", overlay: {} };
    const unknown = await ask("preview", { ...request, record: { id: 2, ...company } });
    expect(unknown).toMatchObject({ current: null, current_known: true, would_skip: false });
    expect(unknown["differences"]).toContainEqual({ path: "name", now: null, then: "Acme" });
    const invalid = await ask("preview", { ...request, record: { id: 2, is_company: true, active: true, name: null } });
    expect(invalid).toMatchObject({ document: null, problems: [{ kind: "data", field: "customer.name" }] });
  });

  it("also where the vendor's record is dressed in more than the document (Asana's reference line)", async () => {
    await bench.startHub();
    const record = { name: "Rollout", active: true };
    const delivered = await bench.fixture.change({
      system: "asana",
      lane: "project.project,5",
      object: "project",
      record,
    });
    await bench.reaches(delivered, "delivered");
    const request = { object: "project", system: "asana", lane: "project.project,5", overlay: {} };
    expect(await ask("preview", { ...request, record: { id: 5, ...record } })).toMatchObject({
      differences: [],
      would_skip: true,
    });
    expect(await ask("preview", { ...request, record: { id: 5, ...record, name: "Roll-out" } })).toMatchObject({
      differences: [{ path: "name", now: "Rollout", then: "Roll-out" }],
    });
  });

  it("with the documents alone while the vendor does not answer", async () => {
    await bench.startHub();
    bench.sandbox.faults.add({ system: "hubspot", fault: { kind: "status", status: 503 } });
    const answer = await ask("preview", {
      object: "customer",
      system: "hubspot",
      lane: "res.partner,3",
      record: { id: 3, ...company },
      overlay: {},
    });
    expect(answer).toMatchObject({ document: { properties: { name: "Acme" } }, current_known: false });
    expect(answer["current_problem"]).toMatchObject({ kind: "technical" });
  });

  it("what it cannot answer with what to do", async () => {
    await bench.startHub();
    const answer = await ask("preview", { object: "customer", system: "nowhere", lane: "res.partner,1", record: {} });
    expect(answer).toMatchObject({ error: { code: "system_not_connected" } });
  });
});

/** A mapping of what comes in is seen on a real record of the vendor before it counts (MAP-03, GOV-02). */
describe("of what comes in, the sidecar answers", () => {
  let bench: SidecarBench;
  let id: string;

  beforeAll(async () => {
    bench = await SidecarBench.open();
    await bench.reset();
    await bench.startHub();
    const delivered = await bench.fixture.change({ lane: "res.partner,1", record: { ...company, phone: "+32 2 1" } });
    id = String((await bench.reaches(delivered, "delivered"))["external_id"]);
  }, OPEN_MS);
  afterAll(async () => {
    await bench.close();
  });

  const look = async (request: JsonObject): Promise<JsonObject> =>
    askOn(bench, "preview_incoming", { object: "customer", system: "hubspot", id, overlay: {}, ...request });

  it("what the vendor sent, what it is to us and what Odoo would be asked for, and writes nothing anywhere", async () => {
    const before = bench.sandbox.journal.list().length;
    const answer = await look({});
    expect(answer).toMatchObject({
      found: true,
      id,
      type: "company",
      record: { id, properties: { name: "Acme", phone: "+32 2 1" } },
      canonical: { id: `hubspot:company,${id}`, name: "Acme", phone: "+32 2 1" },
      document: { model: "res.partner", values: { name: "Acme", phone: "+32 2 1", is_company: true } },
      mapping: "hubspot.company@1 > customer@1 > res.partner@1",
      problems: [],
      active: null,
    });
    expect(answer["item"]).toMatchObject({ external_id: id, operation: "upsert", may_create: { allowed: true } });
    expect((await look({}))["item"]).not.toMatchObject({ key: (answer["item"] as JsonObject)["key"] });
    expect(bench.sandbox.journal.list().length).toBe(before);
  });

  it("what a version changes against what counts, and who may write each field under it", async () => {
    const mapping: JsonObject = structuredClone(incomingMapping);
    const lines = [...(mapping["lines"] as Json[]), { to: "reference", const: "From the CRM" }];
    const ownership = { version: 1, objects: { customer: { owner: ["odoo", "hubspot"], fields: { phone: "odoo" } } } };
    const overlay = { [INCOMING]: { ...mapping, lines }, "ownership.json": ownership };
    const answer = await look({ overlay, in_force: {} });
    expect(answer).toMatchObject({
      document: { values: { ref: "From the CRM" } },
      item: { not_owned: { phone: { owner: "odoo" } } },
    });
    const { document } = answer["active"] as { document: { values: JsonObject } };
    expect(document.values).not.toHaveProperty("ref", "From the CRM");
  });

  it("what a version reads of a property that nothing read before, without a change of the connector (MAP-01)", async () => {
    bench.sandbox.store.table("hubspot", "company")?.update(id, { vip_level: "Gold", colour: "green" });
    const lines = [...(incomingMapping.lines as Json[]), { to: "reference", from: "properties.vip_level" }];
    const answer = await look({ overlay: { [INCOMING]: { ...incomingMapping, lines } }, in_force: {} });
    expect(answer).toMatchObject({
      record: { properties: { vip_level: "Gold", phone: "+32 2 1" } },
      document: { values: { ref: "Gold" } },
    });
    // What nobody reads is not asked for, and HubSpot answers no more than that.
    expect((answer["record"] as { properties: JsonObject }).properties).not.toHaveProperty("colour");
    expect((answer["active"] as { document: { values: JsonObject } }).document.values).not.toHaveProperty(
      "ref",
      "Gold",
    );
    // Both sides are read for, when a version no longer reads what counts now.
    const less = incomingMapping.lines.filter(({ to }) => to !== "phone") as Json[];
    expect(await look({ overlay: { [INCOMING]: { ...incomingMapping, lines: less } }, in_force: {} })).toMatchObject({
      active: { document: { values: { phone: "+32 2 1" } } },
    });
  });

  it("where a mapping goes wrong, with its place", async () => {
    const broken = await look({
      overlay: { [INCOMING]: { ...incomingMapping, lines: [{ to: "nosuch", from: "id" }] } },
    });
    expect(broken).toMatchObject({ refused: true });
    expect(broken["problems"]).toContainEqual(
      expect.objectContaining({ path: INCOMING, pointer: expect.stringMatching(/^lines\[0\]/) as string }),
    );
    const lines = incomingMapping.lines.map((line) =>
      line.to === "name" ? { ...line, from: "properties.nosuch" } : line,
    );
    const nameless = await look({ overlay: { [INCOMING]: { ...incomingMapping, lines } } });
    expect(nameless).toMatchObject({
      found: true,
      record: { id },
      document: null,
      problems: [{ kind: "data", field: "customer.name" }],
      item: { error: { field: "customer.name" } },
    });
  });

  it("that the vendor has no such record, does not let us in, or does not answer", async () => {
    expect(await look({ id: "404404" })).toMatchObject({ found: false, record: null, item: { operation: "gone" } });
    bench.sandbox.faults.add({ system: "hubspot", fault: { kind: "status", status: 403 } });
    expect(await look({})).toMatchObject({ error: { message: expect.stringContaining("HubSpot") as string } });
    bench.sandbox.reset();
    expect(await look({ system: "nowhere" })).toMatchObject({ error: { code: "system_not_connected" } });
    expect(await look({ object: "invoice" })).toMatchObject({ error: { code: "mapping_not_found" } });
  });
});

const company = { name: "Acme", is_company: true, active: true };

async function askOn(bench: SidecarBench, kind: string, request: JsonObject): Promise<JsonObject> {
  const question = await bench.fixture.ask(kind, request);
  let answer: JsonObject | null = null;
  await waitFor(`an answer to ${kind}`, async () => (answer = await bench.fixture.answerTo(question)) !== null, {
    everyMs: 10,
    timeoutMs: 5_000,
  });
  return answer ?? {};
}

function shipped(): JsonObject {
  return structuredClone(customerMapping);
}

function withLine(line: JsonObject): Json {
  return { ...shipped(), lines: [...(shipped()["lines"] as Json[]), line] };
}

function onlyName(): Json {
  return { ...shipped(), lines: [{ to: "properties.name", from: "name", required: true }] };
}
