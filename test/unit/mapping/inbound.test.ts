import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../../../sidecar/domain/json";
import {
  loadMappings,
  MappingPackError,
  type MappingRegistry,
  type PackProblem,
} from "../../../sidecar/mapping/registry";
import { failureOf } from "./lines";

const shipped = join(__dirname, "../../../mappings");

/** A vendor's contact with its company, as an example of every function of what comes in. */
const FROM_SYSTEM: JsonObject = {
  title: "Person",
  version: 2,
  source: { type: "person" },
  target: { object: "contact", version: 1 },
  whenEmpty: "null",
  lines: [
    { to: "id", from: "id", apply: [["externalRef", "person"]] },
    { to: "name", from: "fullName", apply: ["trim"], required: true },
    { to: "email", from: "mail" },
    {
      to: "customer.id",
      from: "companyId",
      apply: [["externalRef", "company"]],
      when: { from: "companyId", empty: false },
    },
    { to: "active", from: "enabled", default: true },
  ],
};
const PLAIN: JsonObject = {
  title: "Contact into Odoo",
  version: 3,
  source: { object: "contact", version: 1 },
  target: { model: "res.partner" },
  whenEmpty: "null",
  lines: [
    { to: "values.name", from: "name" },
    { to: "values.email", from: "email" },
    { to: "values.parent_id", from: "customer", apply: ["record"] },
    { to: "values.country_id", from: "address.country", apply: [["find", "res.country", "code"]] },
    { to: "archive", from: "active", when: { from: "active", equals: false }, lookup: { table: { false: true } } },
  ],
};
const TO_ODOO: JsonObject = { ...PLAIN, identify: [{ as: "email", fields: ["email"], sure: true }] };

describe("mappings of what comes in", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "hub-inbound-"));
    cpSync(join(shipped, "canonical"), join(folder, "canonical"), { recursive: true });
    mkdirSync(join(folder, "odoo/in"), { recursive: true });
    mkdirSync(join(folder, "systems/crm/mappings/in"), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function load(fromSystem: JsonObject | null = FROM_SYSTEM, toOdoo: JsonObject | null = TO_ODOO): MappingRegistry {
    if (fromSystem) writeFileSync(join(folder, "systems/crm/mappings/in/contact.json"), JSON.stringify(fromSystem));
    if (toOdoo) writeFileSync(join(folder, "odoo/in/contact.json"), JSON.stringify(toOdoo));
    return loadMappings(folder);
  }
  function problemsOf(fromSystem: JsonObject | null, toOdoo: JsonObject | null): PackProblem[] {
    try {
      load(fromSystem, toOdoo);
    } catch (thrown) {
      if (thrown instanceof MappingPackError) return [...thrown.problems];
      throw thrown;
    }
    return [];
  }

  it("makes a canonical object of a vendor's record, and of that a document for Odoo (INT-02)", () => {
    const { inbound } = load();
    const record = { id: 17, fullName: " Ada Lovelace ", mail: "ada@example.org", companyId: "9", enabled: false };
    const { object, canonical } = inbound.toCanonical("crm", "person", record, "crm_eu");
    expect(object).toBe("contact");
    expect(canonical).toMatchObject({ id: "crm_eu:person,17", customer: { id: "crm_eu:company,9" } });
    expect(inbound.toOdoo("contact", { ...canonical, address: { country: "BE" } })).toEqual({
      model: "res.partner",
      values: {
        name: "Ada Lovelace",
        email: "ada@example.org",
        parent_id: { $record: "crm_eu:company,9" },
        country_id: { $find: { model: "res.country", by: { code: "BE" } } },
      },
      archive: true,
    });
    expect(inbound.nameOf("crm", "contact")).toBe("crm.person@2 > contact@1 > res.partner@3");
  });

  it("says what of a vendor's record is read, so that the vendor can be asked for it", () => {
    const { inbound } = load();
    expect(inbound.reads("crm", "person")).toEqual(["id", "fullName", "mail", "companyId", "enabled"]);
    expect(inbound.reads("crm", "nosuch")).toEqual([]);
  });

  it("empties in Odoo what was emptied there, and leaves alone what is not mentioned", () => {
    const { inbound } = load();
    const { canonical } = inbound.toCanonical("crm", "person", { id: "1", fullName: "Ada", mail: "" }, "crm");
    const { values } = inbound.toOdoo("contact", canonical);
    expect(values).toMatchObject({ email: null });
    expect(values).not.toHaveProperty("parent_id");
  });

  it("names the field that is missing, and where it is to be corrected (MAP-03)", () => {
    const { inbound } = load();
    const failure = failureOf(() => inbound.toCanonical("crm", "person", { id: "1", fullName: "" }, "crm"));
    expect(failure).toMatchObject({ kind: "data", code: "mapping_required_missing", field: "contact.name" });
    expect(failure.hint).toContain("Correct the value in crm");
  });

  it("makes lines of a record that are matched by their key", () => {
    cpSync(join(shipped, "odoo"), join(folder, "odoo"), { recursive: true });
    const toOdoo: JsonObject = {
      title: "Contract into Odoo",
      version: 1,
      source: { object: "contract", version: 1 },
      target: { model: "sale.order" },
      lines: [{ to: "values.order_line", each: "lines", key: "id", lines: [{ to: "name", from: "description" }] }],
    };
    writeFileSync(join(folder, "odoo/in/contract.json"), JSON.stringify(toOdoo));
    const { inbound } = load(null, null);
    expect(inbound.toOdoo("contract", { lines: [{ id: "L1", description: "Days" }] })).toEqual({
      model: "sale.order",
      values: { order_line: { $lines: [{ key: "L1", values: { name: "Days" } }] } },
    });
    expect(failureOf(() => inbound.toOdoo("contract", { lines: [{ description: "Days" }] }))).toMatchObject({
      kind: "data",
      field: "contract.lines",
    });
  });

  it.each<[string, () => PackProblem[], string]>([
    [
      "an object that nothing takes into Odoo",
      () => problemsOf(FROM_SYSTEM, null),
      'nothing takes "contact" into Odoo',
    ],
    [
      "a target that an Odoo document does not have",
      () => problemsOf(null, { ...PLAIN, lines: [{ to: "name", from: "name" }] }),
      'an Odoo document has no "name"',
    ],
    [
      "a record to be recognised by a field that nothing writes",
      () => problemsOf(null, { ...TO_ODOO, identify: [{ as: "taxId", fields: ["vat"] }] }),
      "no line writes values.vat",
    ],
    [
      "a record to be recognised by what its object does not have",
      () => problemsOf(null, { ...TO_ODOO, identify: [{ as: "domain", fields: ["email"], also: ["domain"] }] }),
      'contact has no field "domain"',
    ],
    [
      "a function of the other direction",
      () => problemsOf(null, { ...PLAIN, lines: [{ to: "values.name", from: "name", apply: [["externalRef", "x"]] }] }),
      'function "externalRef" exists only in mappings from a system',
    ],
  ])("refuses %s", (_, act, reason) => {
    expect(act().map((problem) => problem.reason)).toContainEqual(expect.stringContaining(reason));
  });

  it("can be changed by an administrator like any mapping (MIG-01)", () => {
    load();
    const changed = { ...PLAIN, lines: [{ to: "values.name", from: "name", apply: ["upper"] }] };
    const { inbound } = loadMappings(folder, { "odoo/in/contact.json": changed });
    expect(inbound.toOdoo("contact", { name: "ada" }).values).toEqual({ name: "ADA" });
  });
});
