import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../sidecar/domain/json";
import { loadMappings } from "../../sidecar/mapping/registry";

/*
 * The example pairs beside the mappings run as tests (MAP-02, MAP-03): what a mapping makes of a real record, awkward ones
 * included, is written down and cannot change unnoticed.
 */

interface Example {
  name: string;
  object: string;
  payload?: JsonObject;
  canonical: JsonObject;
  document?: JsonObject;
  links?: Record<string, string>;
  missingLinks?: unknown[];
}

const pack = join(__dirname, "../../mappings");
const registry = loadMappings(pack);

function examplesIn(folder: string): Example[] {
  const path = join(pack, folder, "examples");
  if (!existsSync(path)) return [];
  const files = readdirSync(path).filter((file) => file.endsWith(".json"));
  return files.map((file) => JSON.parse(readFileSync(join(path, file), "utf8")) as Example);
}

describe("Odoo snapshots become canonical objects", () => {
  const examples = examplesIn("odoo");

  it.each(examples.map((example) => [example.object, example.name, example] as const))("%s: %s", (_, __, example) => {
    expect(registry.toCanonical(example.object, example.payload ?? {})).toStrictEqual(example.canonical);
  });

  it("has an example for every Odoo mapping", () => {
    const shown = new Set(examples.map((example) => example.object));
    expect(registry.catalogue().objects.filter(({ object }) => !shown.has(object))).toEqual([]);
  });
});

const receiving = registry.catalogue().systems.filter(({ objects }) => objects.length > 0);

describe.each(receiving)("Canonical objects become documents of $code", ({ code, objects }) => {
  const examples = examplesIn(`systems/${code}`);

  it.each(examples.map((example) => [example.object, example.name, example] as const))("%s: %s", (_, __, example) => {
    const link = (lane: string, type: string): string | undefined => example.links?.[`${type} ${lane}`];
    const { document, missingLinks } = registry.toSystem(code, example.object, example.canonical, { link });
    expect(document).toStrictEqual(example.document);
    expect(missingLinks).toEqual(example.missingLinks ?? []);
  });

  it("has an example for every mapping", () => {
    const shown = new Set(examples.map((example) => example.object));
    expect(objects.filter((object) => !shown.has(object))).toEqual([]);
  });
});
