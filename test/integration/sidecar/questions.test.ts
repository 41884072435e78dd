import customerMapping from "../../../mappings/systems/hubspot/mappings/customer.json";
import type { Json, JsonObject } from "../../../sidecar/domain/json";
import { waitFor } from "../../support/wait-for";
import { OPEN_MS, SidecarBench } from "./running-hub";

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

  const ask = async (kind: string, request: JsonObject): Promise<JsonObject> => {
    const question = await bench.fixture.ask(kind, request);
    let answer: JsonObject | null = null;
    await waitFor(`an answer to ${kind}`, async () => (answer = await bench.fixture.answerTo(question)) !== null, {
      everyMs: 10,
      timeoutMs: 5_000,
    });
    return answer ?? {};
  };
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

const company = { name: "Acme", is_company: true, active: true };

function shipped(): JsonObject {
  return structuredClone(customerMapping);
}

function withLine(line: JsonObject): Json {
  return { ...shipped(), lines: [...(shipped()["lines"] as Json[]), line] };
}

function onlyName(): Json {
  return { ...shipped(), lines: [{ to: "properties.name", from: "name", required: true }] };
}
