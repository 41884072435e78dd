import { randomUUID } from "node:crypto";
import type { Browser } from "playwright-core";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { hirePerson, type Person } from "../../support/people";
import { SandboxControl } from "../../support/sandbox-control";
import { installStarterRules } from "../../support/starter-rules";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";

const TABLE = "systems/hubspot/tables/deal-stages.json";

/** A value that no table knows waits for a person, who adds it without a file, a restart or a developer (MAP-05). */
describe("an unknown value", () => {
  const stack = e2eStack();
  const sandbox = new SandboxControl(stack.sandbox.url);
  const stageName = `Stage ${randomUUID()}`;
  let admin: OdooApi;
  let exchanges: Exchanges;
  let browser: Browser;
  let mapper: Person;
  let odoo: OdooWindow;
  let stage: number;
  let deals: number[];

  beforeAll(async () => {
    admin = await OdooApi.signIn(stack);
    exchanges = new Exchanges(admin);
    await installStarterRules(admin);
    mapper = await hirePerson(stack, admin, "mapping");
    const table = await admin.search("integration.artifact", [["path", "=", TABLE]]);
    await admin.write("integration.artifact", table, { owner_id: admin.uid, purpose: "Stages of deals in the CRM." });
    stage = await admin.create("crm.stage", { name: stageName });
    const partner = await admin.create("res.partner", { name: `Customer of ${stageName}`, is_company: true });
    deals = await admin.call<number[]>("crm.lead", "create", [
      ["one", "two"].map((n) => ({
        name: `Deal ${n}, ${stageName}`,
        type: "opportunity",
        stage_id: stage,
        partner_id: partner,
      })),
    ]);
    browser = await launchBrowser();
    odoo = await OdooWindow.open(browser, mapper.api);
  });

  afterAll(async () => {
    await browser?.close();
    const active = await admin.search("integration.artifact.version", [
      ["artifact_id.path", "=", TABLE],
      ["state", "=", "active"],
    ]);
    // Other tests count on the shipped table.
    if (active.length > 0) await admin.call("integration.artifact.version", "action_rollback", [active]);
    await mapper?.remove();
  });

  test("holds what carries it, is listed with its count, and lets go what waits as soon as it is added", async () => {
    const held = await exchanges.settled("crm.lead", deals, 2);
    expect(held.map((delivery) => [delivery.state, delivery.error_field])).toEqual([
      ["held", `${TABLE}#${stageName}`],
      ["held", `${TABLE}#${stageName}`],
    ]);

    const { page } = odoo;
    await odoo.goTo("integration-unknown-values");
    const row = page.locator(".o_data_row", { hasText: stageName });
    expect(await row.locator("[name=waiting]").innerText()).toBe("2");
    await row.locator("button[name=action_add]").click();
    await page.locator(".modal [name=target] input").fill("contractsent");
    await page.locator(".modal button[name=action_add]").click();
    await page.locator(".o_notification", { hasText: "Active." }).waitFor();

    const delivered = await exchanges.until("the deals to arrive", "crm.lead", deals, "hubspot", (rows) =>
      rows.every((delivery) => delivery.state === "delivered"),
    );
    expect(delivered).toHaveLength(2);
    const remote = (await sandbox.records("hubspot", "deal")).map((record) => JSON.stringify(record));
    const ours = remote.filter((record) => record.includes(stageName));
    expect(ours).toHaveLength(2);
    for (const record of ours) expect(record).toContain("contractsent");

    await odoo.goTo("integration-unknown-values");
    expect(await page.locator(".o_data_row", { hasText: stageName }).count()).toBe(0);
    expect(await odoo.takeProblems()).toEqual([]);
  });
});
