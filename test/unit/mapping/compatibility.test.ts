import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../../sidecar/domain/json";
import { compareSchemas } from "../../../sidecar/mapping/compatibility";
import type { Edit } from "./edits";
import { add, set, take } from "./edits";

const read = (name: string): JsonObject =>
  JSON.parse(readFileSync(join(__dirname, `../../../mappings/canonical/${name}.schema.json`), "utf8")) as JsonObject;
const shipped = new Map(["common", "invoice"].map((name) => [name, read(name)]));

/** The shipped schemas with one edited; `edit` changes a copy in place. */
function edited(name: string, edit: Edit): Map<string, JsonObject> {
  const copy = structuredClone(shipped.get(name)) as JsonObject;
  edit(copy);
  return new Map([...shipped, [name, copy]]);
}

/** As invoice's own changes read: `place reason`. */
function said(name: string, edit: Edit): { breaking: string[]; compatible: string[]; refused: number } {
  const { changes, refused } = compareSchemas(shipped, edited(name, edit));
  const lines = (breaking: boolean): string[] =>
    changes.filter((change) => change.breaking === breaking).map(({ place, reason }) => `${place} ${reason}`);
  return { breaking: lines(true), compatible: lines(false), refused: refused.length };
}

describe("a change of a canonical schema that breaks whoever relied on it is told from one that does not (MAP-12, GOV-03)", () => {
  it.each<[string, Edit, string]>([
    ["a field is removed", set("properties.origin", undefined), "origin was removed"],
    ["a field becomes required", add("required", "origin"), "origin is required now"],
    ["a type is narrowed", set("properties.total.type", ["number"]), "total may no longer be null"],
    ["a field is limited to values", set("properties.reference.enum", ["a"]), "reference must be one of a now"],
    ["a value is taken away", take("properties.kind.enum", "receipt"), "kind may no longer be receipt"],
    ["a text is shortened", set("properties.number.maxLength", 10), "number maxLength is 10, was 64"],
    ["a shortest length appears", set("properties.origin.minLength", 1), "origin minLength is 1, was not set"],
    ["a pattern appears", set("properties.number.pattern", "^I"), "number pattern is ^I, was not set"],
    ["a format changes", set("properties.dueDate.format", "date-time"), "dueDate format is date-time, was date"],
    [
      "a field is shown to more people",
      set("properties.total.x-classification", "internal"),
      "total is internal, was financial",
    ],
    [
      "a part of a list's items goes",
      set("properties.lines.items.properties.unitPrice", undefined),
      "lines[].unitPrice was removed",
    ],
    ["a state is removed", set("x-lifecycle.states.cancelled", undefined), "status the state cancelled was removed"],
    [
      "a transition is removed",
      take("x-lifecycle.states.posted.next", "draft"),
      "status may no longer go from posted to draft",
    ],
    ["a field stops identifying", take("x-identifiers", "number"), "number no longer identifies the record"],
  ])("breaking: %s", (_, edit, expected) => {
    const { breaking, refused } = said("invoice", edit);
    expect(breaking).toEqual([expected]);
    expect(refused).toBe(1);
  });

  it.each<[string, Edit, string]>([
    ["a field is added", set("properties.note", { type: "string" }), "note is new"],
    ["a field need no longer be there", take("required", "status"), "status is no longer required"],
    ["a value is added", add("properties.kind.enum", "proforma"), "kind may also be proforma"],
    ["a text may be longer", set("properties.number.maxLength", 100), "number maxLength is 100, was 64"],
    [
      "a field is protected better",
      set("properties.id.x-classification", "financial"),
      "id is financial, was internal",
    ],
    [
      "a transition is added",
      add("x-lifecycle.states.cancelled.next", "posted"),
      "status may also go from cancelled to posted",
    ],
  ])("compatible: %s", (_, edit, expected) => {
    const { breaking, compatible, refused } = said("invoice", edit);
    expect({ breaking, compatible, refused }).toEqual({ breaking: [], compatible: [expected], refused: 0 });
  });

  it("finds a change of a shared part where it is used", () => {
    const { breaking } = said("common", set("$defs.reference.properties.name", undefined));
    expect(breaking).toEqual(expect.arrayContaining(["customer.name was removed", "contact.name was removed"]));
  });

  it("says nothing when only words change", () => {
    expect(said("invoice", set("properties.total.description", "The sum."))).toEqual({
      breaking: [],
      compatible: [],
      refused: 0,
    });
  });

  it("refuses a removed object, and lets a raised version break what it must", () => {
    expect(compareSchemas(shipped, new Map([...shipped].slice(0, 1))).refused).toEqual([
      { object: "invoice", place: "", breaking: true, reason: "was removed" },
    ]);
    const raised = said("invoice", (schema) => {
      set("$id", "hub:canonical/invoice/2")(schema);
      set("properties.origin", undefined)(schema);
    });
    expect(raised).toMatchObject({ breaking: ["origin was removed"], refused: 0 });
  });
});
