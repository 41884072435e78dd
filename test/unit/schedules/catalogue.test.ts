import type { SystemConfig } from "../../../sidecar/config/config";
import type { Catalogue } from "../../../sidecar/mapping/registry";
import { catalogueFor } from "../../../sidecar/schedules/catalogue";

const system = (code: string, connector = code): { config: SystemConfig; name: string } => ({
  config: {
    code,
    connector,
    name: null,
    enabled: true,
    baseUrl: null,
    settings: {},
    credentials: {},
    concurrency: null,
  },
  name: code.toUpperCase(),
});

const rule = (code: string, systems: string[]) => ({ code, systems }) as Catalogue["rules"][number];

describe("the catalogue that Odoo is told", () => {
  const catalogue: Catalogue = {
    objects: [{ object: "customer", title: "Customer", model: "res.partner", version: 1, paths: ["name"] }],
    systems: [
      { code: "hubspot", objects: ["customer"] },
      { code: "asana", objects: ["task"] },
    ],
    rules: [rule("customer_changed", ["hubspot", "asana"]), rule("task_changed", ["asana"])],
  };

  const mappings = {
    catalogue: jest.fn(() => catalogue),
    destination: (system: string, object: string) => ({ type: `${system}_${object}`, mapping: "m", writeBack: [] }),
  };

  it("asks for what the connected systems use, each connector once (SEC-07)", () => {
    catalogueFor({ number: 3, mappings }, [system("hubspot_be", "hubspot"), system("hubspot_fr", "hubspot")]);
    expect(mappings.catalogue).toHaveBeenLastCalledWith(["hubspot"]);
  });

  it("holds this sidecar's connections with what their connector takes", () => {
    expect(catalogueFor({ number: 3, mappings }, [system("hubspot")])["systems"]).toEqual([
      {
        code: "hubspot",
        name: "HUBSPOT",
        connector: "hubspot",
        objects: ["customer"],
        types: { customer: "hubspot_customer" },
      },
    ]);
  });

  it("names connections in rules, two where two use one connector", () => {
    const rules = catalogueFor({ number: 3, mappings }, [
      system("hubspot_be", "hubspot"),
      system("hubspot_fr", "hubspot"),
    ])["rules"];
    expect(rules).toEqual([{ code: "customer_changed", systems: ["hubspot_be", "hubspot_fr"] }]);
  });

  it("names the release it was made from, so that a late one takes nothing back", () => {
    expect(catalogueFor({ number: 3, mappings }, [system("hubspot")])["release"]).toBe(3);
  });
});
