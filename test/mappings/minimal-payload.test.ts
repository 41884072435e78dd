import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toFailure } from "../../sidecar/domain/errors";
import type { Json, JsonObject } from "../../sidecar/domain/json";
import { loadMappings } from "../../sidecar/mapping/registry";

/*
 * What is published to Odoo decides what the capture records. These tests hold both sides of it: nothing more leaves Odoo's tables than some
 * document comes from (SEC-07), and nothing less.
 */

const pack = join(__dirname, "../../mappings");
const registry = loadMappings(pack);
const link = (): string => "12001";

interface Example {
  name: string;
  object: string;
  payload: { record: JsonObject };
}

const examples = readdirSync(join(pack, "odoo/examples")).map(
  (file) => JSON.parse(readFileSync(join(pack, "odoo/examples", file), "utf8")) as Example,
);

/** What the snapshot always holds, asked for or not (docs/architecture.md, "Capture"). */
const ALWAYS = new Set(["id", "model", "active", "display_name", "write_date", "name"]);

/** The record as the capture would record it for these paths. */
function captured(value: Json, paths: readonly string[], top = true): Json {
  if (Array.isArray(value)) return value.map((item) => captured(item, paths, false));
  if (value === null || typeof value !== "object") return value;
  const kept: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    const asked = paths.filter((path) => path === key || path.startsWith(`${key}.`));
    if (asked.length === 0 && !(ALWAYS.has(key) && !(top && key === "name"))) continue;
    const deeper = asked.filter((path) => path !== key).map((path) => path.slice(key.length + 1));
    kept[key] = captured(inner, deeper, false);
  }
  return kept;
}

function pathsOf(object: string, connectors: string[]): string[] {
  return registry.catalogue(connectors).objects.find((entry) => entry.object === object)?.paths ?? [];
}

const cases = registry
  .catalogue()
  .systems.flatMap(({ code, objects }) =>
    examples
      .filter(({ object }) => objects.includes(object))
      .map((example) => [code, example.object, example.name, example] as const),
  );

it.each(cases)("what is captured for %s is enough for its %s document: %s", (code, object, _name, { payload }) => {
  const paths = pathsOf(object, [code]);
  const least = { ...payload, record: captured(payload.record, paths) as JsonObject };
  expect(result(code, object, least)).toStrictEqual(result(code, object, payload));
});

/** The document, or what is wrong with the record: a draft that cannot be sent must be held for the same reason. */
function result(code: string, object: string, payload: JsonObject): unknown {
  try {
    return registry.toSystem(code, object, registry.toCanonical(object, payload), { link });
  } catch (thrown) {
    return toFailure(thrown);
  }
}

it.each([
  ["customer", "vat", "HubSpot's company has no tax id"],
  ["contract", "order_line.price_unit", "an order's lines stay in Odoo"],
  ["employee", "departure_date", "BambooHR is told the status alone"],
])("of %s, %s is not captured: %s (SEC-07)", (object, path) => {
  const all = registry.catalogue().objects.find((entry) => entry.object === object)?.paths ?? [];
  expect(all).not.toContain(path);
  expect(all.length).toBeGreaterThan(0);
});

it("publishes every path of an object that no connected system takes, so that its rule can be prepared", () => {
  expect(existsSync(join(pack, "odoo/timesheet.json"))).toBe(true);
  expect(pathsOf("customer", []).length).toBeGreaterThan(pathsOf("customer", ["hubspot"]).length);
});
