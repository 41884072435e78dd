import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../sidecar/domain/json";
import { readContents, sortFiles } from "../../sidecar/mapping/pack-files";
import { loadMappings } from "../../sidecar/mapping/registry";

const pack = join(__dirname, "../../mappings");
const files = sortFiles(readContents([pack], []));
const catalogue = loadMappings(pack).catalogue();

describe("the shipped mapping pack", () => {
  it("sends each system only what it has a use for", () => {
    expect(catalogue.systems).toEqual([
      { code: "asana", objects: ["project", "task"] },
      { code: "bamboohr", objects: ["employee"] },
      { code: "clockify", objects: ["timesheet"] },
      { code: "docusign", objects: [] },
      { code: "hubspot", objects: ["contact", "contract", "customer", "invoice", "opportunity"] },
    ]);
  });

  it.each(files.systems.map(({ code, mappings }) => [code, mappings] as const))(
    "maps only to object types that the connector of %s knows",
    (code, mappings) => {
      const connector = JSON.parse(readFileSync(join(pack, `systems/${code}/connector.json`), "utf8")) as {
        objects: JsonObject;
      };
      const types = mappings.map(({ content }) => (content as { target: { type: string } }).target.type);
      expect(types.filter((type) => !Object.hasOwn(connector.objects, type))).toEqual([]);
    },
  );

  it("has a starter rule for every business change of the main job, deletes and archives included", () => {
    const triggers = new Map(catalogue.rules.map((rule) => [rule.code, rule.trigger]));
    expect([...triggers.keys()].sort()).toEqual([
      "contact_changed",
      "customer_changed",
      "employee_changed",
      "invoice_payment_changed",
      "invoice_posted",
      "opportunity_changed",
      "order_confirmed",
      "project_changed",
      "task_changed",
      "timesheet_approved",
      "timesheet_billed",
      "timesheet_changed",
      "timesheet_unbilled",
    ]);
    for (const code of [
      "customer_changed",
      "contact_changed",
      "opportunity_changed",
      "project_changed",
      "task_changed",
      "employee_changed",
    ]) {
      expect(triggers.get(code)).toEqual({ create: true, write: true, archive: true, unlink: true });
    }
  });

  it("offers approval of timesheets only where the edition has it", () => {
    const rule = catalogue.rules.find(({ code }) => code === "timesheet_approved");
    expect(rule?.requires).toContainEqual({ model: "account.analytic.line", field: "validated" });
  });

  it("never asks Odoo for what the snapshot has anyway, nor watches the time of the last change", () => {
    for (const { paths } of catalogue.objects) {
      expect(paths).not.toEqual(expect.arrayContaining(["id"]));
      expect(paths).not.toEqual(expect.arrayContaining(["active"]));
      expect(paths).not.toEqual(expect.arrayContaining(["write_date"]));
    }
  });

  it("keeps private data of employees in Odoo", () => {
    const employee = catalogue.objects.find(({ object }) => object === "employee");
    expect(
      employee?.paths.filter((path) => /private|bank|ssn|identification|passport|wage|birth|marital/.test(path)),
    ).toEqual([]);
  });
});
