import { adjustDefinition, settingsProblems, type ConnectorDefinition } from "../../../sidecar/connectors";
import type { ConnectorSettings } from "../../../sidecar/domain/connector-settings";
import { definitionOf } from "./connect";

const hubspot = definitionOf("hubspot").definition;
const asana = definitionOf("asana").definition;
const bamboohr = definitionOf("bamboohr").definition;

const places = (definition: ConnectorDefinition, given: ConnectorSettings, configured = [{ settings: {} }]): string[] =>
  settingsProblems(definition, given, configured).map(({ path }) => path);

/** What administrators set of a connector in Odoo (GOV-02) never lets more through than the definition, nor leads elsewhere (SEC-06). */
describe("a connector's settings", () => {
  it("lower limits and batches, and change nothing else of the definition", () => {
    const given = { limits: { concurrency: 2, requests: { search: 1 } }, batches: { company: 7 } };
    expect(places(hubspot, given)).toEqual([]);
    const adjusted = adjustDefinition(hubspot, given, {});
    expect(adjusted.limits.concurrency).toBe(2);
    expect(adjusted.limits.buckets).toEqual({ ...hubspot.limits.buckets, search: { requests: 1, perMs: 1000 } });
    expect(adjusted.objects["company"]?.upsert?.batch?.max).toBe(7);
    expect(adjusted.objects["contact"]).toEqual(hubspot.objects["contact"]);
    expect(adjustDefinition(hubspot, {}, {})).toEqual(hubspot);
  });

  it("never raise a limit, even where nobody checked them", () => {
    const given = { limits: { concurrency: 1000, requests: { default: 9999, nosuch: 1 } }, batches: { company: 9999 } };
    expect(places(hubspot, given)).toEqual([
      "limits.concurrency",
      "limits.requests.default",
      "limits.requests.nosuch",
      "batches.company",
    ]);
    expect(adjustDefinition(hubspot, given, {})).toEqual(hubspot);
  });

  it("count a limit that is itself a setting as the settings have it", () => {
    expect(places(asana, { settings: { requestsPerMinute: 150 }, limits: { requests: { default: 100 } } })).toEqual([]);
    expect(places(asana, { settings: { requestsPerMinute: 150 }, limits: { requests: { default: 200 } } })).toEqual([
      "limits.requests.default",
    ]);
  });

  it("lead to the vendor's own hosts alone", () => {
    expect(places(hubspot, { baseUrl: "https://api.hubapi.com/gateway" })).toEqual([]);
    for (const baseUrl of [
      "https://evil.example",
      "https://api.hubapi.com.evil.example",
      "https://api.hubapi.com@evil.example",
    ])
      expect(places(hubspot, { baseUrl })).toEqual(["baseUrl"]);
    expect(places(bamboohr, { baseUrl: "https://other.bamboohr.com" })).toEqual([]);
  });

  it("cannot lead away from them by a setting that stands in the host", () => {
    expect(places(bamboohr, { settings: { companyDomain: "acme" } })).toEqual([]);
    const careless = {
      ...bamboohr,
      settings: { type: "object", properties: { companyDomain: { type: "string" } }, additionalProperties: false },
    };
    expect(places(careless, { settings: { companyDomain: "evil.example/" } })).toEqual(["settings.companyDomain"]);
    const whole = {
      ...careless,
      connection: { ...bamboohr.connection, baseUrl: "https://{connection.companyDomain}" },
    };
    expect(places(whole, { settings: { companyDomain: "evil.example" } })).toEqual(["settings.companyDomain"]);
  });

  it("that the configuration sets for every connection are refused, because they would change nothing", () => {
    const given = { settings: { portalId: "1" }, baseUrl: "https://api.hubapi.com" };
    const configured = { settings: { portalId: "2" }, baseUrl: "https://gateway.example" };
    expect(places(hubspot, given, [configured])).toEqual(["settings.portalId", "baseUrl"]);
    expect(places(hubspot, given, [configured, { settings: {} }])).toEqual([]);
  });
});
