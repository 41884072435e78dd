import { randomUUID } from "node:crypto";
import type { Browser } from "playwright-core";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { SandboxControl } from "../../support/sandbox-control";
import { installStarterRules } from "../../support/starter-rules";
import { waitFor } from "../../support/wait-for";
import { DatabaseBackup } from "../support/backup";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";

/** Odoo's database is really put back to a backup, and an administrator sets it right from the screens (RES-15). */
describe("after Odoo was restored from a backup", () => {
  const stack = e2eStack();
  const sandbox = new SandboxControl(stack.sandbox.url);
  const tag = randomUUID().slice(0, 8);
  let admin: OdooApi;
  let browser: Browser;
  let odoo: OdooWindow;
  let exchanges: Exchanges;
  let crm: number;
  const company = (name: string): Promise<number> =>
    admin.create("res.partner", { name: `${name} ${tag}`, is_company: true });
  const inCrm = async (): Promise<string[]> => {
    const records = (await sandbox.records("hubspot", "company")).map((record) => JSON.stringify(record));
    return records.filter((record) => record.includes(tag));
  };
  const look = async (name: string): Promise<void> => {
    const folder = process.env["HUB_SCREENSHOTS"];
    if (folder) await odoo.page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  };

  beforeAll(async () => {
    admin = await OdooApi.signIn(stack);
    await installStarterRules(admin);
    exchanges = new Exchanges(admin);
    [crm = 0] = await admin.search("integration.system", [["code", "=", "hubspot"]]);
    browser = await launchBrowser();
    odoo = await OdooWindow.open(browser, admin);
  });
  afterAll(async () => {
    await browser?.close();
  });

  test("the hub has stopped and says so, and Re-link and Re-arm let it go on without making anything twice", async () => {
    const known = await company("Known");
    await exchanges.settled("res.partner", [known]);
    await admin.call("integration.system", "action_pause", [[crm]]);
    const waiting = await company("Waiting");
    const backup = await DatabaseBackup.make(stack);
    // What the backup does not know: one was sent, one was changed, one was made.
    await admin.call("integration.system", "action_resume", [[crm]]);
    await admin.write("res.partner", [known], { phone: "+32 2 555 00 01" });
    const lost = await company("Lost");
    await exchanges.settled("res.partner", [known, waiting, lost], 4);
    expect(await inCrm()).toHaveLength(3);
    await backup.restore();

    await waitFor("the hub to see it and stop", async () => {
      const [system] = await admin.read<{ id: number; pause_kind: string }>(
        "integration.system",
        [["id", "=", crm]],
        ["pause_kind"],
      );
      return system?.pause_kind === "restored";
    });
    await odoo.goTo(`integration-systems/${crm}`);
    await expect(odoo.page.locator(".alert-warning").innerText()).resolves.toMatch(/restored from a backup/);
    await look("restore-system");

    expect(await odoo.page.getByRole("button", { name: "Resume" }).count()).toBe(0);
    await odoo.page.getByRole("button", { name: "What to re-check" }).click();
    await odoo.page.locator("[name=line_ids]").waitFor();
    const row = (id: number) => odoo.page.locator("[name=line_ids] .o_data_row", { hasText: `res.partner,${id}` });
    await waitFor("the report to be complete", async () => {
      await odoo.page.reload();
      await odoo.viewStands();
      return (await row(lost).count()) + (await row(waiting).count()) + (await row(known).count()) === 3;
    });
    await look("restore-report");
    expect(await odoo.headerButtons()).toEqual(["Re-link"]);
    await expect(row(waiting).innerText()).resolves.toMatch(/re-link/);
    await expect(row(lost).innerText()).resolves.toMatch(/not here/);
    await expect(row(known).innerText()).resolves.toMatch(/later state/);

    await odoo.page.getByRole("button", { name: "Re-link" }).click();
    await odoo.page.getByRole("button", { name: "Re-arm" }).click();
    await look("restore-confirm");
    await odoo.page.locator(".modal-footer .btn-primary").click();
    await odoo.page.locator(".o_arrow_button_current", { hasText: "Re-armed" }).waitFor();
    await odoo.viewStands();
    await look("restore-rearmed");
    expect(await odoo.takeProblems()).toEqual([]);

    // What waited in the backup was sent before: it is found, not made once more; and business goes on.
    const [sentBefore] = await exchanges.settled("res.partner", [waiting]);
    expect(sentBefore).toMatchObject({ state: "delivered" });
    const next = await company("Next");
    const [delivery] = await exchanges.settled("res.partner", [next]);
    expect(delivery).toMatchObject({ state: "delivered" });
    expect(next).toBeGreaterThan(lost);
    expect(await inCrm()).toHaveLength(4);
  }, 180_000);

  test("and how long things are kept is set on the settings page", async () => {
    await odoo.menu("Configuration", "Settings");
    const days = odoo.page.locator("[name=integration_payload_days] input");
    await days.waitFor();
    await look("settings");
    const before = await days.inputValue();
    for (const wanted of ["45", before]) {
      await days.fill(wanted);
      // Odoo loads its page anew once settings are saved.
      const reloaded = odoo.page.waitForEvent("load");
      await odoo.page.getByRole("button", { name: "Save" }).click();
      await reloaded;
      await odoo.viewStands();
      await odoo.goTo("integration-systems");
      await odoo.menu("Configuration", "Settings");
      await days.waitFor();
      expect(await days.inputValue()).toBe(wanted);
    }
    expect(await odoo.takeProblems()).toEqual([]);
  });
});
