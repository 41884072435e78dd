import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json, JsonObject } from "../../../sidecar/domain/json";
import type { MappingPackError, MappingRegistry } from "../../../sidecar/mapping/registry";
import { MappingPack } from "../../../sidecar/mapping/registry";
import { fingerprint } from "../../../sidecar/outbound/fingerprint";
import { inboundRights } from "../../../sidecar/mapping/inbound-rights";
import { failureOf } from "./lines";

const shipped = join(__dirname, "../../../mappings");
const pack = MappingPack.read(shipped);
const link = (): string => "77";

function canonical(name: string): JsonObject {
  const text = readFileSync(join(shipped, `systems/hubspot/examples/${name}.json`), "utf8");
  return (JSON.parse(text) as { canonical: JsonObject }).canonical;
}

/** The shipped pack with these rules for customers. */
function owned(customer: JsonObject, more: JsonObject = {}): MappingRegistry {
  return pack.registry({ "ownership.json": { version: 2, objects: { customer, ...more } } });
}

function sent(registry: MappingRegistry, object: string, from: JsonObject): JsonObject {
  return registry.toSystem("hubspot", object, from, { link }).document;
}

describe("a field that the target owns (OWN-01)", () => {
  const phone = owned({ owner: "odoo", fields: { phone: "hubspot" } });
  const customer = canonical("customer-full");

  it("is not sent to it; everything else is", () => {
    const { properties: all } = sent(pack.registry(), "customer", customer) as { properties: JsonObject };
    const { properties: left } = sent(phone, "customer", customer) as { properties: JsonObject };
    expect(all).toHaveProperty("phone");
    expect({ ...left, phone: all["phone"] }).toEqual(all);
    expect(left).not.toHaveProperty("phone");
  });

  it("makes no difference when it changes in Odoo: nothing would be sent again", () => {
    const changed = { ...customer, phone: "+32 1 000 00 00" };
    const marks = (registry: MappingRegistry): string[] =>
      [customer, changed].map((from) => fingerprint(sent(registry, "customer", from)));
    expect(new Set(marks(pack.registry())).size).toBe(2);
    expect(new Set(marks(phone)).size).toBe(1);
  });

  it("is no longer captured in Odoo when nobody else uses it", () => {
    const paths = (registry: MappingRegistry): string[] =>
      registry.catalogue(["hubspot"]).objects.find(({ object }) => object === "customer")?.paths ?? [];
    expect(paths(pack.registry())).toContain("phone");
    expect(paths(phone)).not.toContain("phone");
  });

  it("covers the parts of an address, except where a longer path says otherwise", () => {
    const registry = owned({ owner: "odoo", fields: { "address.*": "hubspot", "address.city": "odoo" } });
    const { properties } = sent(registry, "customer", customer) as { properties: JsonObject };
    expect(properties).toHaveProperty("city");
    expect(properties).not.toHaveProperty("zip");
    expect(properties).not.toHaveProperty("country");
  });

  it("takes the other lines of its target along: a fallback is not sent in its place", () => {
    const opportunity = canonical("opportunity-won");
    const registry = owned({ owner: "odoo" }, { opportunity: { owner: "odoo", fields: { stage: "hubspot" } } });
    const { properties } = sent(registry, "opportunity", opportunity) as { properties: JsonObject };
    expect((sent(pack.registry(), "opportunity", opportunity)["properties"] as JsonObject)["dealstage"]).toBeDefined();
    expect(properties).not.toHaveProperty("dealstage");
    expect(properties).toHaveProperty("dealname");
  });

  it("holds the delivery when the target owns all that would be sent", () => {
    const registry = owned({ owner: "hubspot" });
    expect(failureOf(() => sent(registry, "customer", customer))).toMatchObject({
      kind: "policy",
      code: "owned_by_target",
      hint: expect.stringContaining("Take hubspot out of the capture rule") as string,
    });
  });
});

describe("who may write a field (OWN-02)", () => {
  const { ownership } = owned({
    owner: "odoo",
    fields: { email: "hubspot" },
    survivorship: { address: ["odoo", "hubspot"], taxId: ["hubspot", "odoo"] },
  });

  it.each([
    ["email", "hubspot", true, 'objects.customer.fields["email"]', []],
    ["email", "odoo", false, 'objects.customer.fields["email"]', []],
    ["name", "hubspot", false, "objects.customer.owner", []],
    ["name", "odoo", true, "objects.customer.owner", []],
    ["address.city", "odoo", true, 'objects.customer.survivorship["address"]', []],
    ["address.city", "hubspot", true, 'objects.customer.survivorship["address"]', ["odoo"]],
    ["address.city", "asana", false, 'objects.customer.survivorship["address"]', []],
    ["id", "hubspot", false, "default", []],
  ])("%s by %s: %s, as %s says", (field, system, allowed, rule, yieldsTo) => {
    expect(ownership.mayWrite("customer", field, system)).toMatchObject({ allowed, rule, yieldsTo });
  });

  it("says why in a sentence", () => {
    expect(ownership.mayWrite("customer", "email", "odoo").reason).toBe(
      "Customer: email belongs to hubspot; Odoo may not change it.",
    );
    expect(ownership.mayWrite("customer", "address.city", "hubspot").reason).toBe(
      "Customer: address city may be filled in by hubspot where Odoo has no value.",
    );
  });

  it("gives an object without rules to Odoo, whatever it is called", () => {
    for (const object of ["planet", "constructor", "__proto__"])
      expect(ownership.mayWrite(object, "name", "odoo")).toMatchObject({ allowed: true, rule: "default" });
  });

  it.each([
    [{ odoo: "Gent", hubspot: "Ghent" }, "odoo"],
    [{ odoo: "", hubspot: "Ghent" }, "hubspot"],
    [{ odoo: null, hubspot: null }, "odoo"],
    [{ asana: "Gand", hubspot: "Ghent" }, "hubspot"],
  ] as [Record<string, Json>, string][])("of the values %j that of %s survives", (held, system) => {
    expect(ownership.survivor("customer", "address.city", held)).toEqual({ system, value: held[system] });
  });

  it("lets only the owner's value count where nobody else may hold one", () => {
    expect(ownership.survivor("customer", "name", { hubspot: "Acme" })).toBeUndefined();
  });
});

describe("a field that systems share (OWN-03)", () => {
  const { ownership } = owned({ owner: ["odoo", "hubspot"], fields: { email: "hubspot" } });

  it("may be written by each of them, and by nobody else", () => {
    expect(ownership.mayWrite("customer", "phone", "odoo")).toMatchObject({ allowed: true, alone: false });
    expect(ownership.mayWrite("customer", "phone", "hubspot")).toMatchObject({ allowed: true, alone: false });
    expect(ownership.mayWrite("customer", "phone", "asana")).toMatchObject({ allowed: false, owner: "odoo, hubspot" });
    expect(ownership.mayWrite("customer", "email", "hubspot")).toMatchObject({ allowed: true, alone: true });
  });

  it("is sent to the others that hold it", () => {
    const shared = owned({ owner: ["odoo", "hubspot"] });
    const customer = canonical("customer-full");
    expect(sent(shared, "customer", customer)).toEqual(sent(pack.registry(), "customer", customer));
  });
});

describe("who may bring new records into Odoo (OWN-04)", () => {
  it.each<[JsonObject, boolean, string]>([
    [{ owner: ["odoo", "hubspot"] }, true, "objects.customer.owner"],
    [{ owner: "odoo" }, false, "objects.customer.owner"],
    [{ owner: ["odoo", "hubspot"], createdBy: [] }, false, "objects.customer.createdBy"],
    [{ owner: "odoo", createdBy: ["hubspot"] }, true, "objects.customer.createdBy"],
  ])("with %j: %s", (rules, allowed, rule) => {
    expect(owned(rules).ownership.mayCreate("customer", "hubspot")).toMatchObject({ allowed, rule });
  });
});

describe("what a record that comes in may change (OWN-02)", () => {
  const rules = {
    owner: "odoo",
    fields: { phone: "hubspot", email: ["odoo", "hubspot"] },
    survivorship: { taxId: ["odoo", "hubspot"] },
  };
  const lines = [
    { to: "values.name", from: "name" },
    { to: "values.phone", from: "phone" },
    { to: "values.email", from: "email" },
    { to: "values.vat", from: "taxId" },
    { to: "values.comment", from: ["name", "phone"], apply: ["concat"] },
    { to: "values.child_ids", each: "people", key: "id", lines: [{ to: "name", from: "name" }] },
    { to: "archive", from: "active" },
    { to: "note", from: "name" },
  ];

  it("follows from the canonical fields that each Odoo field is made of", () => {
    const rights = inboundRights(owned(rules).ownership, "customer", "hubspot", lines);
    expect(Object.keys(rights.not_owned).sort()).toEqual(["active", "child_ids", "comment", "name"]);
    expect(rights.not_owned["name"]).toEqual({
      owner: "odoo",
      rule: "objects.customer.owner",
      reason: "Customer: name belongs to Odoo; hubspot may not change it.",
    });
    expect(rights.yields).toEqual({ vat: ["odoo"] });
    expect(rights.wins).toEqual(["phone"]);
    expect(rights.may_create).toMatchObject({ allowed: false });
  });
});

describe("an ownership file with mistakes", () => {
  it.each([
    [{ owner: "nobody" }, "objects.customer.owner", 'there is no system "nobody"'],
    [{ owner: "odoo", fields: { shoe: "odoo" } }, 'objects.customer.fields["shoe"]', 'customer has no field "shoe"'],
    [{ owner: "odoo", fields: { id: "hubspot" } }, 'objects.customer.fields["id"]', "the identifier has no owner"],
    [
      { owner: "odoo", survivorship: { email: ["odoo", "nobody"] } },
      'objects.customer.survivorship["email"][1]',
      'there is no system "nobody"',
    ],
    [
      { owner: "odoo", fields: { email: "hubspot" }, survivorship: { email: ["odoo", "hubspot"] } },
      'objects.customer.survivorship["email"]',
      '"email" has an owner in fields as well',
    ],
    [{ owner: "odoo", color: "red" }, "objects.customer", 'unknown key "color"'],
  ] as [JsonObject, string, string][])("%j is refused with place, reason and fix", (customer, path, reason) => {
    let problems: unknown;
    try {
      owned(customer);
    } catch (thrown) {
      problems = (thrown as MappingPackError).problems;
    }
    expect(problems).toEqual([{ file: "ownership.json", path, reason, fix: expect.stringMatching(/\w+/) as string }]);
  });
});
