import type { Browser } from "playwright-core";
import { Json2Client } from "../../../sidecar/odoo/json2-client";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { hirePerson, type Person } from "../../support/people";
import { e2eStack } from "../support/e2e-stack";

/** An administrator connects a sidecar without a shell on Odoo's server (SEC-01, DEP-01). */
describe("the sidecar's key", () => {
  const stack = e2eStack();
  let admin: OdooApi;
  let browser: Browser;
  let mapper: Person;

  beforeAll(async () => {
    admin = await OdooApi.signIn(stack);
    mapper = await hirePerson(stack, admin, "mapping");
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await mapper?.remove();
  });

  test("is made in Odoo, shown once, and opens the queue and nothing else", async () => {
    const odoo = await OdooWindow.open(browser, admin);
    await odoo.goTo("integration-deliveries");
    await odoo.menu("Configuration", "Key for the sidecar");
    await odoo.page.getByRole("button", { name: "Make a key" }).click();
    // Odoo asks who sits there before it hands out a key.
    await odoo.page.locator(".modal input[type=password]").fill(stack.odoo.password);
    await odoo.page.locator(".modal").getByRole("button", { name: "Confirm Password" }).click();
    const shown = odoo.page.locator(".modal [name=key]");
    await shown.waitFor();
    const key = (await shown.innerText()).trim();
    await odoo.page.getByRole("button", { name: "I have kept it" }).click();
    expect(await odoo.takeProblems()).toEqual([]);

    const { url, database } = stack.odoo;
    const client = new Json2Client({ url, database, apiKey: key, timeoutMs: 20_000 });
    const identity = await client.call<{ contract_version: number }[]>("integration.queue", "identity", {});
    expect(JSON.stringify(identity)).toContain("contract_version");
    await expect(client.call("integration.delivery", "search_read", { domain: [] })).rejects.toThrow();
    await expect(client.call("account.move", "search_read", { domain: [] })).rejects.toThrow();
    await client.close();
  });

  test("is not offered to those who may not make it", async () => {
    const odoo = await OdooWindow.open(browser, mapper.api);
    await odoo.goTo("integration-deliveries");
    await odoo.page.locator(".o_menu_sections").getByText("Configuration", { exact: true }).click();
    const entries = await odoo.page.locator(".o-dropdown--menu").allInnerTexts();
    expect(entries.join()).toContain("Rules");
    expect(entries.join()).not.toContain("Key for the sidecar");
  });
});
