import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../sidecar/domain/json";
import { CanonicalObjects } from "../../sidecar/mapping/canonical";
import { checkLifecycle } from "../../sidecar/mapping/lifecycle";
import { canonicalSchemas } from "../../sidecar/mapping/load";
import { loadMappings } from "../../sidecar/mapping/registry";
import { canonicalPage, COVERS } from "../library/canonical-page";
import type { Edit } from "../unit/mapping/edits";
import { add, set } from "../unit/mapping/edits";
import { failureOf } from "../unit/mapping/lines";

const pack = join(__dirname, "../../mappings");
const schemas = canonicalSchemas(pack);
const library = new CanonicalObjects([...schemas.values()]);
const objects = library.all();
const mapped = new Set(
  loadMappings(pack)
    .catalogue([])
    .objects.map(({ object }) => object),
);

describe("the canonical library (MAP-01)", () => {
  it("has an object for each of OBJ-01 to OBJ-35", () => {
    const wanted = Array.from({ length: 35 }, (_, index) => `OBJ-${String(index + 1).padStart(2, "0")}`);
    expect(COVERS.map(({ id }) => id)).toEqual(wanted);
    const known = objects.map(({ object }) => object);
    for (const { id, objects: covering } of COVERS) {
      expect({ id, missing: covering.filter((object) => !known.includes(object)) }).toEqual({ id, missing: [] });
      expect({ id, covered: covering.length > 0 }).toEqual({ id, covered: true });
    }
    expect(known.filter((object) => !COVERS.some((row) => row.objects.includes(object)))).toEqual([]);
  });

  it("has a mapping from Odoo for every object whose model the community edition has", () => {
    const unmapped = objects.map(({ object }) => object).filter((object) => !mapped.has(object));
    expect(unmapped.sort()).toEqual(
      ["amendment", "assignment", "billing_plan", "budget", "dispute", "revenue_entry", "ticket"].sort(),
    );
  });

  it("is described in docs/canonical.md as it is (npm run canonical-page)", () => {
    expect(readFileSync(join(__dirname, "../../docs/canonical.md"), "utf8")).toBe(canonicalPage(pack));
  });
});

describe.each(objects.map((entry) => [entry.object, entry] as const))("%s", (_, { schema, check, lifecycle }) => {
  const properties = schema["properties"] as Record<string, JsonObject>;
  const examples = schema["examples"] as JsonObject[];
  const refusal = (document: JsonObject): string => {
    const { kind, field } = failureOf(() => check(document));
    expect(kind).toBe("data");
    return field ?? "";
  };

  it("takes its examples, which together show every field", () => {
    for (const example of examples) expect(() => check(example)).not.toThrow();
    const shown = new Set(examples.flatMap((example) => Object.keys(example)));
    expect(Object.keys(properties).filter((name) => !shown.has(name))).toEqual([]);
  });

  it("refuses a spoiled example, and names the field (MAP-03)", () => {
    const [example = {}] = examples;
    for (const name of schema["required"] as string[]) {
      const { [name]: gone, ...rest } = example;
      expect(gone).toBeDefined();
      expect(refusal(rest)).toBe(`${lifecycleObject(schema)}.${name}`);
    }
    for (const name of Object.keys(properties)) {
      const spoiled = { ...example, [name]: { spoiled: [true] } };
      expect(refusal(spoiled)).toMatch(new RegExp(`^${lifecycleObject(schema)}\\.${name}`));
    }
    refusal({ ...example, unheardOf: 1 });
  });

  it("goes through its states only as it says, and explains a forbidden step (MAP-06)", () => {
    const { field, states } = schema["x-lifecycle"] as { field: string; states: Record<string, { next: string[] }> };
    expect(
      examples.every((example) => Object.hasOwn(states, JSON.stringify(example[field] ?? false).replaceAll('"', ""))),
    ).toBe(true);
    for (const [from, { next }] of Object.entries(states)) {
      for (const to of Object.keys(states)) expect(lifecycle.allows(from, to)).toBe(from === to || next.includes(to));
      expect(lifecycle.allows(from, "elsewhere")).toBe(false);
    }
    const [from = ""] = Object.keys(states);
    expect(failureOf(() => lifecycle.check(from, "elsewhere"))).toMatchObject({
      kind: "business",
      code: "transition_forbidden",
      field: `${lifecycleObject(schema)}.${field}`,
      message: expect.stringContaining(`cannot go from “${from}” to “elsewhere”`) as string,
    });
  });
});

const lifecycleObject = (schema: JsonObject): string => (schema["$id"] as string).split("/")[1] ?? "";

it.each<[string, Edit, string, string]>([
  [
    "a state that the field cannot have",
    set("x-lifecycle.states.odd", { description: "Odd.", next: [] }),
    "x-lifecycle.states.odd",
    'status has no value "odd"',
  ],
  [
    "a value without a state",
    set("x-lifecycle.states.draft", undefined),
    "x-lifecycle.states",
    'the state "draft" of status is missing',
  ],
  [
    "a step to nowhere",
    add("x-lifecycle.states.draft.next", "odd"),
    "x-lifecycle.states.draft.next[2]",
    'there is no state "odd"',
  ],
  [
    "a state in a text",
    set("x-lifecycle.field", "number"),
    "x-lifecycle.field",
    '"number" is no enumeration and no yes or no',
  ],
  ["an identifier that is no field", add("x-identifiers", "odd"), "x-identifiers[2]", 'there is no field "odd"'],
])("a schema with %s is refused with place and reason", (_, edit, path, reason) => {
  const schema = structuredClone(schemas.get("invoice")) as JsonObject;
  edit(schema);
  const problems = checkLifecycle(schema, "canonical/invoice.schema.json");
  expect(problems).toContainEqual(expect.objectContaining({ path, reason }));
});
