import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadDefinition } from "../../../sidecar/connectors";
import type { Json, JsonObject } from "../../../sidecar/domain/json";

const MAPPINGS = path.resolve(__dirname, "../../../mappings");
const SCHEMAS = path.join(MAPPINGS, "schema");
const good = JSON.parse(readFileSync(path.join(MAPPINGS, "systems/asana/connector.json"), "utf8")) as JsonObject;
const credentials = readFileSync(path.join(MAPPINGS, "systems/asana/credentials.schema.json"), "utf8");

const webhooks = (signature: JsonObject, object = "task"): JsonObject => ({
  signature: { type: "hmac", header: "X-S", encoding: "hex", secrets: ["accessToken"], ...signature },
  notices: { event: "type", events: { changed: { object, change: "changed" } }, externalId: "id" },
});

describe("a connector definition is checked before anything runs", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "hub-connector-"));
    writeFileSync(path.join(folder, "credentials.schema.json"), credentials);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Loads Asana's definition with one value changed, or removed. */
  const load = (place: string, value: Json | undefined): unknown => {
    const definition = structuredClone(good);
    change(definition, place.split("."), value);
    writeFileSync(path.join(folder, "connector.json"), JSON.stringify(definition));
    return loadDefinition(folder, SCHEMAS);
  };

  it("accepts the ones we ship", () => {
    for (const code of ["hubspot", "asana", "bamboohr", "docusign", "clockify"]) {
      expect(loadDefinition(path.join(MAPPINGS, "systems", code), SCHEMAS).definition.code).toBe(code);
    }
  });

  it.each<[string, string, Json | undefined, RegExp]>([
    ["an unknown key", "conection", {}, /\/conection: is not a key/],
    [
      "an unknown key deep inside",
      "objects.task.create.request.boddy",
      {},
      /\/objects\/task\/create\/request\/boddy: is not a key/,
    ],
    ["a missing key", "limits.concurrency", undefined, /\/limits\/concurrency: is missing/],
    ["a wrong word", "objects.task.find.0.consistency", "mostly", /\/objects\/task\/find\/0\/consistency.*"strong"/],
    ["plain http", "connection.baseUrl", "http://x.example", /\/connection\/baseUrl/],
    ["a header that is the connection's own", "connection.headers", { Host: "x.example" }, /\/connection\/headers/],
    ["a header's name with a line break", "connection.headers", { "x\ny": "1" }, /\/connection\/headers/],
    ["a setting that does not exist", "objects.task.url", "{connection.nope}", /connection\.nope.*does not describe/],
    ["a credential that does not exist", "auth.0.token", "{credentials.nope}", /credentials\.nope/],
    [
      "a credential in a request",
      "objects.task.create.request.body",
      "{credentials.accessToken}",
      /does not exist here/,
    ],
    ["an unknown bucket", "objects.task.create.request.bucket", "fast", /no bucket "fast"/],
    ["an unknown base", "objects.task.create.request.base", "reports", /no base "reports"/],
    ["an unknown need", "objects.project.create.request.body", "{needs.team.id}", /needs\.team/],
    ["a create that could be doubled", "objects.task.find", undefined, /could make a record twice/],
    ["a broken template", "objects.task.update.request.body", "{doc.x", /without its \}/],
    ["a secret that does not exist", "webhooks", webhooks({ secrets: ["nope"] }), /no credential "nope"/],
    [
      "a signature over what is not there",
      "webhooks",
      webhooks({ signed: "{path}{body}" }),
      /\{path\} cannot be signed/,
    ],
    [
      "a signature that leaves the body out",
      "webhooks",
      webhooks({ signed: "{timestamp}" }),
      /\/webhooks\/signature\/signed/,
    ],
    ["a notice about an unknown object", "webhooks", webhooks({}, "nothing"), /there is no object "nothing"/],
    [
      "fields that no mapping is asked for",
      "objects.task.fetch.request.query",
      { opt_fields: "{fields}" },
      /\/fetch: \{fields\} does not exist here/,
    ],
    [
      "fields that no request names",
      "objects.task.fetch.fields",
      { always: ["gid"] },
      /\/fetch\/request: .*\{fields\}/,
    ],
    ["fields of which none is sure", "objects.task.fetch.fields", { always: [] }, /\/fetch\/fields\/always/],
    ["a broken pattern", "errors.field.0.pattern", "no capture", /exactly one/],
  ])("refuses %s and names the place", (_what, place, value, message) => {
    expect(() => load(place, value)).toThrow(message);
    expect(() => load(place, value)).toThrow(path.join(folder, "connector.json"));
  });

  it("refuses what is not JSON, and a folder without a definition", () => {
    writeFileSync(path.join(folder, "connector.json"), "{");
    expect(() => loadDefinition(folder, SCHEMAS)).toThrow(/is not JSON/);
    rmSync(path.join(folder, "connector.json"));
    expect(() => loadDefinition(folder, SCHEMAS)).toThrow(/cannot be read/);
  });

  it("refuses credentials that would let a misspelt one pass", () => {
    writeFileSync(path.join(folder, "connector.json"), JSON.stringify(good));
    const open = { ...(JSON.parse(credentials) as JsonObject), additionalProperties: true };
    writeFileSync(path.join(folder, "credentials.schema.json"), JSON.stringify(open));
    expect(() => loadDefinition(folder, SCHEMAS)).toThrow(/additionalProperties/);
  });
});

describe("docs/connectors.md", () => {
  it("documents every key of the definition", () => {
    const text = readFileSync(path.resolve(__dirname, "../../../docs/connectors.md"), "utf8");
    const schema = JSON.parse(readFileSync(path.join(SCHEMAS, "connector.schema.json"), "utf8")) as Json;
    const keys = [...keysOf(schema)].filter((key) => key !== "$schema");
    expect(keys.length).toBeGreaterThan(80);
    expect(keys.filter((key) => !text.includes(`\`${key}\``))).toEqual([]);
  });
});

function keysOf(schema: Json, found = new Set<string>()): Set<string> {
  if (typeof schema !== "object" || schema === null) return found;
  if (!Array.isArray(schema) && typeof schema["properties"] === "object" && schema["properties"] !== null) {
    Object.keys(schema["properties"]).forEach((key) => found.add(key));
  }
  Object.values(schema).forEach((entry) => keysOf(entry, found));
  return found;
}

function change(within: Json, [step = "", ...rest]: string[], value: Json | undefined): void {
  const place = within as JsonObject;
  if (rest.length > 0) return change(place[step] ?? null, rest, value);
  if (value === undefined) delete place[step];
  else place[step] = value;
}
