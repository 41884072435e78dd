import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { JsonObject } from "../../../sidecar/domain/json";
import type { PackProblem } from "../../../sidecar/mapping/registry";
import { loadMappings, MappingPack, MappingPackError, preview } from "../../../sidecar/mapping/registry";
import { failureOf } from "./lines";

const shipped = join(__dirname, "../../../mappings");
const registry = loadMappings(shipped);
const payload = (
  JSON.parse(readFileSync(join(shipped, "odoo/examples/customer-full.json"), "utf8")) as { payload: JsonObject }
).payload;

function withRecord(changes: JsonObject): JsonObject {
  return { ...payload, record: { ...(payload["record"] as JsonObject), ...changes } };
}

describe("a snapshot that does not make a valid canonical object (MAP-03)", () => {
  it.each([
    ["is empty", { name: null }],
    ["is blank", { name: "   " }],
    ["is not in the snapshot", { name: undefined as unknown as null }],
  ])("holds the delivery and names the field when a required field %s", (_, changes) => {
    expect(failureOf(() => registry.toCanonical("customer", withRecord(changes)))).toEqual({
      kind: "data",
      code: "canonical_required_missing",
      field: "customer.name",
      message: "Customer: name is missing.",
      hint: expect.stringContaining("Odoo") as string,
    });
  });

  it("names a value that is too long, and does not repeat it", () => {
    const failure = failureOf(() => registry.toCanonical("customer", withRecord({ phone: "1".repeat(65) })));
    expect(failure).toMatchObject({ code: "canonical_value_refused", field: "customer.phone" });
    expect(failure.message).toBe("Customer: phone is longer than 64 characters.");
  });

  it("names a part of the address", () => {
    const failure = failureOf(() => registry.toCanonical("customer", withRecord({ country_id: { code: "BEL" } })));
    expect(failure).toMatchObject({ kind: "data", field: "customer.address.countryCode" });
  });

  it("is held when the event carries no record", () => {
    expect(failureOf(() => registry.toCanonical("customer", {}))).toMatchObject({ code: "payload_unreadable" });
  });
});

describe("the registry", () => {
  it("names mappings and versions for the attempt", () => {
    expect(registry.destination("hubspot", "customer")).toEqual({
      type: "company",
      mapping: "customer@1 > hubspot.company@1",
      writeBack: [],
    });
  });

  it.each([
    ["bamboohr", "customer"],
    ["toString", "customer"],
    ["hubspot", "constructor"],
  ])("holds what a system does not take: %s, %s", (system, object) => {
    expect(registry.takes(system, object)).toBe(false);
    expect(failureOf(() => registry.destination(system, object))).toMatchObject({
      kind: "data",
      code: "mapping_not_found",
    });
  });

  it("holds an object that no Odoo mapping makes", () => {
    expect(failureOf(() => registry.toCanonical("planet", payload))).toMatchObject({ code: "mapping_not_found" });
  });
});

describe("a preview", () => {
  it("shows both documents without sending anything", () => {
    const shown = preview(registry, "hubspot", "customer", payload);
    expect(shown.canonical).toMatchObject({ id: "res.partner,42" });
    expect(shown.outgoing?.document).toMatchObject({ properties: { domain: "elan.example" } });
    expect(shown.findings).toEqual([]);
  });

  it("shows why it would be held", () => {
    const shown = preview(registry, "hubspot", "customer", withRecord({ name: null }));
    expect(shown.outgoing).toBeUndefined();
    expect(shown.findings).toEqual([expect.objectContaining({ field: "customer.name" })]);
  });

  it("shows the records that must go first", () => {
    const contact = JSON.parse(readFileSync(join(shipped, "odoo/examples/contact-at-company.json"), "utf8")) as {
      payload: JsonObject;
    };
    const shown = preview(registry, "hubspot", "contact", contact.payload, { link: () => undefined });
    expect(shown.waitsFor).toEqual([{ lane: "res.partner,42", type: "company", path: "associations.company" }]);
  });
});

describe("a pack with mistakes", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "hub-pack-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(file: string, content: unknown): void {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  }

  function read(file: string): JsonObject {
    return JSON.parse(readFileSync(join(shipped, file), "utf8")) as JsonObject;
  }

  function problems(): readonly PackProblem[] {
    try {
      loadMappings([shipped, folder]);
    } catch (thrown) {
      if (thrown instanceof MappingPackError) return thrown.problems;
      throw thrown;
    }
    return [];
  }

  it("overrides a shipped mapping by a file of the same name, and only that one", () => {
    const mapping = read("systems/hubspot/mappings/customer.json");
    const writeBack = [{ to: "ref", from: "externalId" }];
    write("systems/hubspot/mappings/customer.json", { ...mapping, version: 2, writeBack });
    expect(loadMappings([shipped, folder]).destination("hubspot", "customer")).toEqual({
      type: "company",
      mapping: "customer@1 > hubspot.company@2",
      writeBack,
    });
  });

  it("collects the problems of all files with place, reason and fix", () => {
    const lines = (read("odoo/customer.json")["lines"] as JsonObject[]).filter((line) => line["to"] !== "name");
    write("odoo/customer.json", { ...read("odoo/customer.json"), lines: [...lines, { to: "nickname", from: "name" }] });
    write("systems/hubspot/mappings/contact.json", {
      ...read("systems/hubspot/mappings/contact.json"),
      lines: [{ to: "properties.x", from: "shoeSize" }],
    });
    write("rules/odd.json", {
      ...read("rules/customer_changed.json"),
      code: "odd",
      model: "res.users",
      systems: ["bamboohr"],
    });
    write("systems/asana/tables/people.json", "{ not json");
    const found = problems().map(({ file, path, reason }) => ({ file, path, reason }));
    expect(found).toEqual(
      expect.arrayContaining([
        { file: "odoo/customer.json", path: "lines[22].to", reason: 'customer has no field "nickname"' },
        { file: "odoo/customer.json", path: "lines", reason: 'nothing writes "name", which customer requires' },
        { file: "systems/hubspot/mappings/contact.json", path: "lines[0]", reason: 'contact has no field "shoeSize"' },
        { file: "rules/odd.json", path: "model", reason: '"customer" is made from res.partner, not res.users' },
        { file: "rules/odd.json", path: "systems[0]", reason: 'bamboohr has no mapping for "customer"' },
        {
          file: "systems/asana/tables/people.json",
          path: "",
          reason: expect.stringContaining("cannot be read as JSON") as string,
        },
      ]),
    );
    expect(problems().every(({ fix }) => fix !== "")).toBe(true);
  });

  it("refuses a canonical field without a classification, and an open schema", () => {
    const schema = read("canonical/customer.schema.json");
    write("canonical/customer.schema.json", {
      ...schema,
      additionalProperties: true,
      properties: { ...(schema["properties"] as JsonObject), secret: { type: "string", description: "Unclassified." } },
    });
    expect(problems()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ file: "canonical/customer.schema.json", path: "properties.secret" }),
        expect.objectContaining({ file: "canonical/customer.schema.json", path: "additionalProperties" }),
      ]),
    );
  });

  it("lays changed content over the files without touching the pack (MAP-01)", () => {
    const pack = MappingPack.read(shipped);
    const customer = { ...read("systems/hubspot/mappings/customer.json"), version: 9 };
    const changed = pack.registry({ "systems/hubspot/mappings/customer.json": customer });
    expect(changed.destination("hubspot", "customer").mapping).toBe("customer@1 > hubspot.company@9");
    expect(pack.registry().destination("hubspot", "customer").mapping).toBe("customer@1 > hubspot.company@1");
  });

  it.each([
    ["canonical/customer.schema.json", "this file cannot be changed in Odoo"],
    ["systems/hubspot/connector.json", "this file cannot be changed in Odoo"],
    ["../../etc/passwd.json", "this file cannot be changed in Odoo"],
    ["systems/nobody/mappings/customer.json", 'the pack has no system "nobody"'],
  ])("refuses an overlay at %s", (path, reason) => {
    expect(() => loadMappings(shipped, new Map([[path, {}]]))).toThrow(reason);
  });

  it("refuses a mapping of a version that Odoo does not make", () => {
    write("systems/hubspot/mappings/customer.json", {
      ...read("systems/hubspot/mappings/customer.json"),
      source: { object: "customer", version: 2 },
    });
    const reason = "there is no canonical object customer version 2";
    expect(problems()).toEqual([expect.objectContaining({ path: "source", reason })]);
  });

  it("refuses unknown keys in rules", () => {
    write("rules/odd.json", { ...read("rules/customer_changed.json"), code: "odd", python: "env" });
    expect(problems()).toEqual([expect.objectContaining({ file: "rules/odd.json", reason: 'unknown key "python"' })]);
  });

  it("checks what leaves against the vendor's own form, where the system's folder has it", () => {
    cpSync(
      join(shipped, "systems/hubspot/mappings/customer.json"),
      join(folder, "systems/hubspot/mappings/customer.json"),
      { recursive: true },
    );
    write("systems/hubspot/documents/company.schema.json", {
      type: "object",
      properties: { properties: { type: "object", required: ["industry"] } },
    });
    const strict = loadMappings([shipped, folder]);
    const canonical = strict.toCanonical("customer", payload);
    expect(failureOf(() => strict.toSystem("hubspot", "customer", canonical, { link: () => undefined }))).toMatchObject(
      {
        kind: "data",
        code: "document_refused",
        field: "hubspot.company.properties.industry",
        message: "Company: industry is missing: the other system would refuse it.",
      },
    );
  });
});
