import { Client } from "pg";
import type { Browser } from "playwright-core";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { Seed, type SeededSystem } from "../../support/seed-states";
import { e2eStack } from "../support/e2e-stack";

/** What people see of a system that is not called, and of its rate limits (RES-08, RES-12). */
describe("a system's form", () => {
  let browser: Browser;
  let odoo: OdooWindow;
  let seed: Seed;
  let crm: SeededSystem;
  let queue: Client;

  beforeAll(async () => {
    const stack = e2eStack();
    const admin = await OdooApi.signIn(stack);
    seed = await Seed.open(stack, admin);
    crm = await seed.system("Limits CRM");
    queue = new Client({ connectionString: stack.postgres.adminUrl });
    await queue.connect();
    browser = await launchBrowser();
    odoo = await OdooWindow.open(browser, admin);
  });

  afterAll(async () => {
    await queue?.end();
    await browser?.close();
    await seed?.clear();
  });

  test("shows each rate limit with its use and its wait, and since when and why nothing is sent", async () => {
    const buckets = [
      { bucket: "default", requests: 100, per_ms: 10_000, used: 100, waits_until: new Date(Date.now() + 3_600_000) },
      { bucket: "search", requests: 4, per_ms: 1_000, used: 1, waits_until: null },
    ];
    await queue.query("SELECT integration_hub.report($1, $2::jsonb)", [crm.code, JSON.stringify({ buckets })]);
    const reason =
      "Limits CRM does not answer as it should, so nothing is sent until it does. The last call said: 503.";
    await queue.query(
      "SELECT integration_hub.pause($1, 'breaker', $2, now() + interval '1 hour', now() - interval '5 minutes')",
      [crm.code, reason],
    );
    await odoo.goTo(`integration-systems/${crm.id}`);
    const rows = odoo.page.locator("[name=limit_ids] .o_data_row");
    await rows.first().waitFor();
    const screenshots = process.env["HUB_SCREENSHOTS"];
    if (screenshots) await odoo.page.screenshot({ path: `${screenshots}/limits.png`, fullPage: true });
    const texts = await rows.allInnerTexts();
    expect(texts[0]).toMatch(/default[\s\S]*100 in 10 seconds[\s\S]*100/);
    expect(texts[1]).toMatch(/search[\s\S]*4 in 1 second[\s\S]*1/);
    const banner = odoo.page.locator(".alert-warning");
    await expect(banner.innerText()).resolves.toMatch(
      /System not answering[\s\S]*503[\s\S]*Since[\s\S]*One call is tried/,
    );
    expect(await odoo.takeProblems()).toEqual([]);
  });
});
