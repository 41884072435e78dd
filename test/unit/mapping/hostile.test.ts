import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Json, JsonObject } from "../../../sidecar/domain/json";
import type { PackProblem } from "../../../sidecar/mapping/registry";
import { loadMappings, MappingPack, MappingPackError } from "../../../sidecar/mapping/registry";
import { checkSchemaSafety } from "../../../sidecar/mapping/schema-safety";
import type { Edit } from "./edits";
import { set } from "./edits";

/*
 * A pack that means harm is refused, with the place and the reason, before anything of it runs (SEC-06). What comes from Odoo as a release is held
 * to the same as what lies on the disk.
 */

const shipped = join(__dirname, "../../../mappings");
const pack = MappingPack.read(shipped);
const read = (file: string): JsonObject => JSON.parse(readFileSync(join(shipped, file), "utf8")) as JsonObject;

function problemsOf(act: () => unknown): readonly PackProblem[] {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof MappingPackError) return thrown.problems;
    throw thrown;
  }
  return [];
}

function nested(depth: number): Json {
  let value: Json = "x";
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

const MAPPING = "systems/hubspot/mappings/customer.json";
const TABLE = "systems/hubspot/tables/owners.json";

describe("a hostile file of a release is refused", () => {
  it.each<[string, string, Json, string, string]>([
    ["nesting without end", MAPPING, nested(50_000), "", "nested more than 64 deep"],
    ["a text larger than a file may be", TABLE, { title: "x".repeat(1_100_000), entries: [] }, "", "larger than 1 MB"],
    [
      "a table larger than a table may be",
      TABLE,
      { title: "T", entries: Array.from({ length: 20_001 }, (_, i) => ({ from: `${i}`, to: 1 })) },
      "entries",
      "20000",
    ],
    [
      "a key that names the prototype",
      MAPPING,
      JSON.parse('{"lines": [{"__proto__": {"polluted": true}}]}') as Json,
      "lines[0].__proto__",
      '"__proto__" is not allowed',
    ],
    [
      "a target that names the prototype",
      MAPPING,
      { ...read(MAPPING), lines: [{ to: "constructor.prototype.x", const: 1 }] },
      "lines[0].to",
      '"constructor" is not allowed',
    ],
    ["a path out of the pack", "systems/../../odoo/customer.json", {}, "", "cannot be changed in Odoo"],
    ["a schema of our own", "canonical/customer.schema.json", {}, "", "cannot be changed in Odoo"],
    [
      "an owner called like the prototype",
      "ownership.json",
      JSON.parse('{"version": 1, "objects": {"__proto__": {"owner": "hubspot"}}}') as Json,
      "objects.__proto__",
      '"__proto__" is not allowed',
    ],
  ])("%s", (_, path, content, place, reason) => {
    const [problem] = problemsOf(() => pack.registry({ [path]: content }));
    expect(problem?.file).toBe(path);
    expect(problem?.path.startsWith(place)).toBe(true);
    expect(problem?.reason).toContain(reason);
    expect(problem?.fix).toMatch(/\w/);
    expect(({} as JsonObject)["polluted"]).toBeUndefined();
  });
});

describe("a hostile schema is refused", () => {
  const CUSTOMER = "canonical/customer.schema.json";
  const COMPANY = "systems/hubspot/documents/company.schema.json";

  it.each<[string, string, Edit, string, string]>([
    [
      "a pattern with exponential time",
      CUSTOMER,
      set("properties.name.pattern", "^(a+)+$"),
      "properties.name.pattern",
      "can take very long",
    ],
    [
      "overlapping alternatives that repeat",
      CUSTOMER,
      set("properties.name.pattern", "^(a|a)*$"),
      "properties.name.pattern",
      "can take very long",
    ],
    [
      "a pattern that refers back",
      CUSTOMER,
      set("properties.name.pattern", "^(a*)\\1$"),
      "properties.name.pattern",
      "can take very long",
    ],
    [
      "such a pattern in a vendor's document",
      COMPANY,
      set("properties.properties.pattern", "(.*)*x"),
      "properties.properties.pattern",
      "can take very long",
    ],
    [
      "a pattern that is none",
      CUSTOMER,
      set("properties.name.pattern", "("),
      "properties.name.pattern",
      "is no regular expression",
    ],
    [
      "a reference to itself",
      "canonical/common.schema.json",
      set("$defs.currency", { $ref: "#/$defs/currency" }),
      "$defs.currency.$ref",
      "refers to itself",
    ],
    [
      "a circle of references",
      "canonical/common.schema.json",
      set("$defs.currency", { $ref: "#/$defs/money/properties/currency" }),
      "$defs.currency.$ref",
      "refers to itself",
    ],
    [
      "a reference to the network",
      CUSTOMER,
      set("properties.owner.$ref", "https://example.org/x.json"),
      "properties.owner.$ref",
      "no such part",
    ],
  ])("%s", (_, file, edit, path, reason) => {
    const schema = read(file);
    edit(schema);
    const known = new Map([["hub:canonical/common/1", read("canonical/common.schema.json")]]);
    expect(checkSchemaSafety(schema, file, known)).toContainEqual(
      expect.objectContaining({ file, path, reason: expect.stringContaining(reason) as string }),
    );
  });

  it("when the pack is read, be it an object's or a vendor's", () => {
    const folder = mkdtempSync(join(tmpdir(), "hub-hostile-"));
    try {
      for (const [file, path] of [
        [CUSTOMER, "properties.name.pattern"],
        [COMPANY, "properties.properties.pattern"],
      ] as const) {
        const schema = read(file);
        set(path, "^(a+)+$")(schema);
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), JSON.stringify(schema));
      }
      const found = problemsOf(() => loadMappings([shipped, folder])).map(({ file, path }) => `${file} ${path}`);
      expect(found).toEqual(
        expect.arrayContaining([`${CUSTOMER} properties.name.pattern`, `${COMPANY} properties.properties.pattern`]),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
