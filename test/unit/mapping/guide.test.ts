import { readFileSync } from "node:fs";
import { join } from "node:path";
import mappingSchema from "../../../mappings/schema/mapping.schema.json";
import type { JsonObject } from "../../../sidecar/domain/json";
import { FUNCTIONS } from "../../../sidecar/mapping/functions";
import { LIMITS } from "../../../sidecar/mapping/limits";
import { compileMapping, loadMappings, run } from "../../../sidecar/mapping/registry";

const guide = readFileSync(join(__dirname, "../../../docs/mappings.md"), "utf8");

/** The text below a heading, up to the next of the same level. */
function section(heading: string): string {
  const start = guide.indexOf(`## ${heading}\n`);
  const end = guide.indexOf("\n## ", start + 1);
  return guide.slice(start, end === -1 ? undefined : end);
}

/** The rows of a section's tables, without the white space that lines the columns up. */
function rows(heading: string): string[] {
  return section(heading)
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.replace(/ +/g, " "));
}

/** Every keyword that the schema allows, at any level. */
function keywords(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === "properties"
      ? [...Object.keys(value as object), ...Object.values(value as object).flatMap(keywords)]
      : keywords(value),
  );
}

describe("the mapping guide", () => {
  it.each([...new Set(keywords(mappingSchema))])("explains the keyword %s", (keyword) => {
    expect(section("Keywords")).toContain(`\`${keyword}\``);
  });

  it.each([...FUNCTIONS.entries()])("explains the function %s with its arguments", (name, fn) => {
    const row = rows("Functions").find((line) => line.startsWith(`| \`${name}\` |`));
    const cells = row?.split("|").map((cell) => cell.trim()) ?? [];
    expect(
      cells[2]
        ?.replace(/ \(.*\)/, "")
        .split(", ")
        .filter(Boolean),
    ).toEqual(fn.arguments.map((argument) => argument.name));
    expect(cells[3]).not.toBe("");
  });

  it("explains no function that does not exist", () => {
    const explained = rows("Functions").flatMap((row) => /^\| `(\w+)` \|/.exec(row)?.[1] ?? []);
    expect(explained.filter((name) => !FUNCTIONS.has(name))).toEqual([]);
  });

  it("shows a worked example that works", () => {
    const blocks = [...section("A worked example").matchAll(/```json\n(.*?)```/gs)].map(
      (match) => JSON.parse(match[1] ?? "") as JsonObject,
    );
    const [mapping, input = {}, expected] = blocks;
    const compiled = compileMapping(mapping, { file: "guide" });
    const link = (lane: string, type: string): string | undefined =>
      `${type} ${lane}` === "entry res.partner,7" ? "900" : undefined;
    expect(run(compiled, input, { link }).document).toStrictEqual(expected);
  });

  it("names the object, its model and the type of every shipped mapping to a system", () => {
    const registry = loadMappings(join(__dirname, "../../../mappings"));
    const table = rows("What goes where");
    const taken = new Set(registry.catalogue().systems.flatMap(({ objects }) => objects));
    for (const { object, model } of registry.catalogue().objects.filter((entry) => taken.has(entry.object)))
      expect(table).toContainEqual(expect.stringContaining(`| ${object} | \`${model}\``));
    for (const { code, objects } of registry.catalogue().systems) {
      for (const object of objects) {
        const row = table.find((line) => line.startsWith(`| ${object} |`));
        expect(row).toContain(registry.destination(code, object).type);
      }
    }
  });

  it("states the limits as they are", () => {
    const limits = section("Limits").replaceAll(",", "");
    for (const value of Object.values(LIMITS).filter((limit) => limit !== LIMITS.conditionDepth))
      expect(limits).toContain(String(value));
  });
});
