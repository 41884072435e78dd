import type { Browser } from "playwright-core";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { hirePerson, type Person } from "../../support/people";
import { Seed, type SeededSystem } from "../../support/seed-states";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "../support/e2e-stack";

/** Deciding what leaves Odoo is done in Odoo, by those who may, and works at once (INT-05, SEC-01). */
describe("rules", () => {
  let admin: OdooApi;
  let browser: Browser;
  let seed: Seed;
  let crm: SeededSystem;
  let mapper: Person;
  let operator: Person;
  let odoo: OdooWindow;

  beforeAll(async () => {
    const stack = e2eStack();
    admin = await OdooApi.signIn(stack);
    seed = await Seed.open(stack, admin);
    crm = await seed.system(`Rules CRM ${seed.suffix}`);
    mapper = await hirePerson(stack, admin, "mapping");
    operator = await hirePerson(stack, admin, "operator");
    browser = await launchBrowser();
    odoo = await OdooWindow.open(browser, mapper.api);
  });

  afterEach(async () => {
    expect(await odoo.takeProblems()).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await seed?.clear();
    await mapper?.remove();
    await operator?.remove();
  });

  test("a rule added in the form captures the next change, and its status is on the form, without restart", async () => {
    const tag = await seed.record("res.partner.category", { name: `Before ${seed.suffix}` });
    await odoo.goTo(`res.partner.category/${tag.id}`);
    await odoo.page.locator(".o_form_view [name=name]").first().waitFor();
    expect(await odoo.page.locator(".o_integration_status").count()).toBe(0);

    const name = `Tags ${seed.suffix}`;
    const { page } = odoo;
    await odoo.goTo("integration-rules");
    await page.locator(".o_list_button_add").click();
    await page.locator("[name=name] input").fill(name);
    await page.locator("[name=model_id] input").fill("res.partner.category");
    await page.locator(".o-autocomplete--dropdown-item", { hasText: "Tag" }).first().click();
    await page.locator("[name=event_type] input").fill("tag.changed");
    await page.locator("[name=object] input").fill("tag");
    await page.locator("[name=system_ids] input").fill(crm.name);
    await page.locator(".o-autocomplete--dropdown-item", { hasText: crm.name }).first().click();
    await page.getByRole("tab", { name: "What is recorded" }).click();
    expect(await page.locator("[name=payload_fields]").count()).toBe(0);
    await page.locator("[name=follow_mapping] input").click();
    await page.locator("[name=payload_fields] textarea").fill("name");
    await page.locator(".o_form_button_save").click();
    await page.locator("[name=payload_summary] code", { hasText: "name" }).waitFor();
    // The summary shows before the form is stored.
    let rules: number[] = [];
    await waitFor("the rule to be stored", async () => {
      rules = await admin.search("integration.rule", [["name", "=", name]]);
      return rules.length === 1;
    });
    seed.adoptRule(rules[0] ?? 0);

    await admin.write("res.partner.category", [tag.id], { name: `After ${seed.suffix}` });
    expect(await seed.deliveries(tag, crm)).toHaveLength(1);
    await odoo.goTo(`res.partner.category/${tag.id}`);
    await page.locator(".o_integration_status[data-state=pending]").waitFor();
  });

  test("the starter rules are installed with one button", async () => {
    const [starter] = await admin.read<{ code: string; title: string }>(
      "integration.catalogue",
      [
        ["kind", "=", "rule"],
        ["model", "=", "res.partner"],
      ],
      ["code", "title"],
    );
    if (!starter) throw new Error("The sidecar of this stack has published no starter rule for contacts.");
    const sameCode = [["code", "=", starter.code]];
    const before = await admin.search("integration.rule", sameCode);
    if (before.length > 0) await admin.unlink("integration.rule", before);

    await odoo.goTo("integration-rules");
    await odoo.page.getByRole("button", { name: "Starter rules" }).first().click();
    const dialog = odoo.page.locator(".modal");
    const rows = dialog.locator(".o_data_row");
    await rows.first().waitFor();
    for (const row of await rows.all()) {
      const tick = row.locator("td[name=selected] input");
      const wanted = (await row.locator("td[name=name]").innerText()) === starter.title;
      if ((await tick.isEnabled()) && (await tick.isChecked()) !== wanted)
        await row.locator("td[name=selected] .o-checkbox").click();
    }
    await dialog.getByRole("button", { name: "Install the ticked rules" }).click();
    await odoo.page.locator(".o_breadcrumb").getByText("Installed rules").waitFor();
    await waitFor("the rule to be there", async () => (await admin.search("integration.rule", sameCode)).length === 1);
    if (before.length === 0) await admin.unlink("integration.rule", await admin.search("integration.rule", sameCode));
  });

  test("an operator reads rules and cannot change them", async () => {
    const rule = await seed.rule("res.country.group", [crm], { payload_fields: "name" });
    const window = await OdooWindow.open(browser, operator.api);
    await window.goTo(`integration-rules/${rule}`);
    await window.page.locator(".o_form_view .o_form_readonly").first().waitFor();
    expect(await window.page.locator(".o_form_button_create").count()).toBe(0);
    await window.goTo("integration-rules");
    expect(await window.page.getByRole("button", { name: "Starter rules" }).count()).toBe(0);
    expect(await window.takeProblems()).toEqual([]);
    await window.close();
  });

  test("only an administrator changes a system", async () => {
    await odoo.goTo(`integration-systems/${crm.id}`);
    await odoo.page.locator(".o_form_view .o_form_readonly").first().waitFor();
  });
});
