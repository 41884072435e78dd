import path from "node:path";
import { assess, type CapacitySystem, type SystemCapacity } from "../../../sidecar/capacity/capacity";
import { callsOf } from "../../../sidecar/capacity/cost";
import { parseVolumes } from "../../../sidecar/capacity/volumes";
import { declaredBuckets, loadDefinition, type ConnectorDefinition } from "../../../sidecar/connectors";
import { loadMappings } from "../../../sidecar/mapping/registry";

const pack = path.resolve(__dirname, "../../../mappings");
const mappings = loadMappings([pack]);
const definitionOf = (code: string): ConnectorDefinition =>
  loadDefinition(path.join(pack, "systems", code), path.join(pack, "schema")).definition;

function connected(code: string, settings: Record<string, string | number> = {}): CapacitySystem {
  const definition = definitionOf(code);
  const { name, limits } = definition;
  const buckets = declaredBuckets(definition, settings);
  return { code, name, connector: code, definition, buckets, concurrency: limits.concurrency };
}

const systems = [connected("hubspot"), connected("asana", { requestsPerMinute: 150 })];
const now = new Date("2026-11-30T18:00:00Z");
const forecast = (volumes: string, finishWithin: number | null = null): SystemCapacity[] =>
  assess(parseVolumes(`volumes:\n${volumes}`, "volumes.yaml"), systems, mappings, now, finishWithin);
const only = (volumes: string, finishWithin: number | null = null): SystemCapacity => {
  const [first] = forecast(volumes, finishWithin);
  if (!first) throw new Error("nothing was assessed");
  return first;
};

describe("what a record costs, read from the connector and its mapping", () => {
  const object = (code: string, type: string) => {
    const found = definitionOf(code).objects[type];
    if (!found) throw new Error(`${code} has no ${type}`);
    return found;
  };

  it("is a hundredth of a call where the vendor takes batches of a hundred", () => {
    expect(callsOf(object("hubspot", "company"), "create", ["properties.name"])).toEqual([
      { what: "upsert", bucket: "default", calls: 1, batch: 100 },
    ]);
  });

  it("counts the steps that follow when the mapping can ask for them, as many together as the batch holds", () => {
    const fills = ["properties.hs_timestamp", "associations.company"];
    expect(callsOf(object("hubspot", "note"), "create", fills).map(({ what, batch }) => [what, batch])).toEqual([
      ["upsert", 100],
      ["associate with its company", 100],
    ]);
  });

  it("counts the look-up before a create, and none before an update by id", () => {
    const task = object("asana", "task");
    const fills = ["task.name", "task.projects"];
    expect(callsOf(task, "create", fills).map(({ what }) => what)).toEqual(["find", "create"]);
    expect(callsOf(task, "create", fills, 3)[0]?.calls).toBe(3);
    expect(callsOf(task, "update", fills).map(({ what }) => what)).toEqual(["update"]);
  });

  it("is nothing for a delete that is refused anyway", () => {
    expect(callsOf(object("bamboohr", "employee"), "delete", [])).toEqual([]);
  });
});

describe("the capacity forecast (PERF-07)", () => {
  it("says how long volumes take at each system, and when they end", () => {
    const [hubspot, asana] = forecast(`
      - { system: hubspot, object: customer, records: 50000 }
      - { system: asana, object: project, records: 300 }`);
    // 500 batches at 100 in 10 s; 600 calls at 150 a minute
    expect(hubspot).toMatchObject({ calls: 500, minimumSeconds: 40, sufficient: true });
    expect(asana).toMatchObject({ calls: 600, minimumSeconds: 180, sufficient: true });
    expect(hubspot?.endsAt.getTime()).toBeCloseTo(now.getTime() + (hubspot?.expectedSeconds ?? 0) * 1000, -2);
  });

  it("flags a quota that does not suffice: by how much, and what to do", () => {
    const asana = only("  - { system: asana, object: project, records: 6000, every: 1h }");
    expect(asana.sufficient).toBe(false);
    const [late, endless] = asana.findings;
    expect(late).toMatchObject({ severity: "insufficient", bucket: "default" });
    expect(late?.message).toBe(
      "Asana allows 150 requests in 1 min; 12,000 are needed, which takes 1 h 19 min instead of 1 h.",
    );
    expect(late?.hint).toContain("batch");
    expect(late?.hint).toContain("Or let it take 1 h 19 min.");
    expect(late?.hint).toContain("Or ask Asana for 197 requests in 1 min.");
    expect(endless?.shortBy).toBeCloseTo(12_000 / 9_000);
  });

  it("warns when hardly anything is left of a quota", () => {
    const asana = only("  - { system: asana, object: project, records: 4000, every: 1h, find_pages: 1 }");
    expect(asana).toMatchObject({ sufficient: true, findings: [{ severity: "tight" }] });
  });

  it("counts the time from the last record's arrival", () => {
    const volumes = "  - { system: hubspot, object: customer, records: 100, within: 10m }";
    expect(only(volumes, 30)).toMatchObject({ bound: { by: "arrival" }, mayTakeSeconds: 630, sufficient: true });
  });

  it("believes a measured cost more than the connector", () => {
    const volumes = "  - { system: asana, object: project, records: 100, calls_per_record: 2.5 }";
    expect(only(volumes).calls).toBe(250);
  });

  it.each([
    ["  - { system: nowhere, object: customer, records: 1 }", /nowhere.*not connect/],
    ["  - { system: hubspot, object: nothing, records: 1 }", /no mapping for "nothing"/],
    ["  - { system: hubspot, object: customer, record: 1 }", /volumes\.0\.record.*(missing|not a key)/],
    ["  - { system: hubspot, object: customer, records: 1, within: soon }", /volumes\.0\.within is not a time/],
  ])("refuses %s with its place", (volumes, said) => {
    expect(() => forecast(volumes)).toThrow(said);
  });
});
