import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../sidecar/domain/json";
import { prepare } from "../../sidecar/inbound/prepare";
import type { Work } from "../../sidecar/inbound/records";
import { sortFiles, readContents } from "../../sidecar/mapping/pack-files";
import { loadMappings } from "../../sidecar/mapping/registry";

/*
 * The examples of what comes in run as tests (MAP-02, MAP-03, INT-02): a vendor's record as its API answers it, the canonical object that is made of it,
 * and what Odoo is asked to bring about.
 */

interface Example {
  name: string;
  type: string;
  record: JsonObject;
  object: string;
  canonical: JsonObject;
  odoo: JsonObject;
}

const pack = join(__dirname, "../../mappings");
const mappings = loadMappings(pack);
const { inbound } = mappings;
const connectors = sortFiles(readContents([pack], []))
  .systems.map(({ code }) => code)
  .filter((code) => inbound.types(code).length > 0);

function examplesOf(connector: string): Example[] {
  const folder = join(pack, "systems", connector, "examples/in");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Example);
}

function workOn(type: string, externalId: string): Work {
  return {
    type,
    externalId,
    upTo: "1",
    priority: 50,
    tries: 0,
    firstLoad: false,
    namedAt: null,
    asked: null,
    last: null,
    state: undefined,
  };
}

describe("a HubSpot company of which only the domain is known", () => {
  it("is looked for by it among the companies of Odoo, whose web address it is not (OBJ-02)", () => {
    const properties = { name: "Acme Group", domain: "Acme.example", website: null };
    const found = { id: "7", record: { id: "7", properties }, url: null, oldIds: [], time: null, leadsTo: [] };
    const under = { system: "hubspot", connector: "hubspot", release: 0, mappings, traceparent: "" };
    const { item } = prepare(workOn("company", "7"), { found, fetchedAt: new Date() }, under);
    expect(item["identify"]).toContainEqual({
      as: "domain",
      fields: ["website"],
      sure: true,
      values: ["acme.example"],
    });
    expect(item["document"]).not.toMatchObject({ values: { website: expect.any(String) as string } });
  });
});

describe("a DocuSign envelope", () => {
  it("is asked about when the customer has an order with the same reference already (OBJ-05)", () => {
    const [{ record }] = examplesOf("docusign") as [Example];
    const found = { id: "7", record, url: null, oldIds: [], time: null, leadsTo: [] };
    const under = { system: "docusign", connector: "docusign", release: 0, mappings, traceparent: "" };
    const { item } = prepare(workOn("envelope", "7"), { found, fetchedAt: new Date() }, under);
    expect(item["identify"]).toContainEqual({ as: "exact", fields: ["partner_id", "client_order_ref"], sure: false });
  });
});

describe("a Clockify entry that has no duration of hours", () => {
  it.each([
    ["its clock still runs", null],
    ["it ends before it begins", "PT-1H"],
    ["it ends before it begins", "-PT1H"],
  ])("is held as data and names the field: %s (WF-08)", (_, duration) => {
    const [{ record }] = examplesOf("clockify").filter(({ type }) => type === "time_entry") as [Example];
    const timeInterval = { start: "2026-11-18T08:00:00Z", end: null, duration };
    const found = { id: "7", record: { ...record, timeInterval }, url: null, oldIds: [], time: null, leadsTo: [] };
    const under = { system: "clockify", connector: "clockify", release: 0, mappings, traceparent: "" };
    const { item } = prepare(workOn("time_entry", "7"), { found, fetchedAt: new Date() }, under);
    expect(item["error"]).toMatchObject({
      kind: "data",
      field: "timesheet.hours",
      hint: expect.stringContaining("Correct the value in clockify") as string,
    });
    expect(item["document"]).toBeUndefined();
  });
});

describe.each(connectors)("records of %s come into Odoo", (connector) => {
  const examples = examplesOf(connector);

  it.each(examples.map((example) => [example.object, example.name, example] as const))("%s: %s", (_, __, example) => {
    const { object, canonical } = inbound.toCanonical(connector, example.type, example.record, connector);
    expect({ object, canonical }).toStrictEqual({ object: example.object, canonical: example.canonical });
    expect(inbound.toOdoo(object, canonical)).toStrictEqual(example.odoo);
  });

  it("has an example for every type that comes in", () => {
    expect(new Set(examples.map(({ type }) => type))).toEqual(new Set(inbound.types(connector)));
  });
});
