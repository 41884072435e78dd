import type { Json } from "../../../sidecar/domain/json";
import type { PackProblem } from "../../../sidecar/mapping/registry";
import { compileMapping, run } from "../../../sidecar/mapping/registry";
import type { Tables } from "../../../sidecar/mapping/tables";
import { loadTables } from "../../../sidecar/mapping/tables";

const problems: PackProblem[] = [];
beforeEach(() => void problems.splice(0));

function load(content: Json): Tables {
  return loadTables([{ file: "systems/crm/tables/stages.json", name: "stages", content }], problems);
}

function translated(tables: Tables, stage: Json): unknown {
  const definition = {
    title: "Test",
    version: 1,
    source: { object: "opportunity", version: 1 },
    target: { type: "deal" },
    lines: [{ to: "stage", from: "stage", lookup: { table: "stages" } }],
  };
  const mapping = compileMapping(definition, { file: "systems/crm/mappings/opportunity.json", tables });
  return run(mapping, { stage }, { link: () => undefined }).document["stage"];
}

describe("a value table (MAP-05)", () => {
  it("takes its own default for every value without an entry", () => {
    const tables = load({
      title: "Stages",
      default: "other",
      entries: [{ from: "New", to: "open", note: "Shipped." }],
    });
    expect(problems).toEqual([]);
    expect([translated(tables, "New"), translated(tables, "Old")]).toEqual(["open", "other"]);
  });

  it("compares numbers and yes or no as text, which is what a CSV file has", () => {
    const tables = load({
      title: "Stages",
      entries: [
        { from: "42", to: 1 },
        { from: "true", to: false },
      ],
    });
    expect([translated(tables, 42), translated(tables, true)]).toEqual([1, false]);
  });

  it.each([
    ["a value twice", [0, 1].map((to) => ({ from: "New", to })), "entries[1].from", "has an entry already"],
    ["an entry without a target", [{ from: "New" }], "entries[0]", "must have required property 'to'"],
    ["a list as a target", [{ from: "New", to: [] }], "entries[0].to", "must be"],
    ["more entries than the bound", Array(20_001).fill({ from: "a", to: 1 }), "entries", "20000"],
  ] as [string, Json, string, string][])("refuses %s", (_, entries, path, reason) => {
    load({ title: "Stages", entries });
    expect(problems[0]).toMatchObject({ file: "systems/crm/tables/stages.json", path });
    expect(problems[0]?.reason).toContain(reason);
  });
});
