import { randomUUID } from "node:crypto";
import type { Browser } from "playwright-core";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { hirePerson, type Person } from "../../support/people";
import { SandboxControl } from "../../support/sandbox-control";
import { installStarterRules } from "../../support/starter-rules";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";
import { MappingScreen } from "../support/mapping-screen";

const PATH = "systems/hubspot/mappings/customer.json";

/**
 * The whole way of a change that needs no developer and no restart: written, seen on a real company, approved by a second
 * person, carried by the next change, taken back (GOV-01, GOV-02, MAP-12, DES-04).
 */
describe("a field for the CRM, from the idea to the roll back", () => {
  const stack = e2eStack();
  const sandbox = new SandboxControl(stack.sandbox.url);
  const name = `Mapping story ${randomUUID()}`;
  let admin: OdooApi;
  let exchanges: Exchanges;
  let browser: Browser;
  let author: Person;
  let approver: Person;
  let company: number;
  let screen: MappingScreen;
  let authorWindow: OdooWindow;
  let approverWindow: OdooWindow;

  beforeAll(async () => {
    admin = await OdooApi.signIn(stack);
    await installStarterRules(admin);
    exchanges = new Exchanges(admin);
    author = await hirePerson(stack, admin, "mapping");
    approver = await hirePerson(stack, admin, "mapping");
    company = await admin.create("res.partner", { name, is_company: true, ref: "R-1", city: "Gent" });
    await exchanges.settled("res.partner", [company]);
    browser = await launchBrowser();
    authorWindow = await OdooWindow.open(browser, author.api, { width: 1280, height: 800 });
    approverWindow = await OdooWindow.open(browser, approver.api, { width: 1280, height: 800 });
  });

  afterEach(async () => {
    expect([...(await authorWindow.takeProblems()), ...(await approverWindow.takeProblems())]).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await author?.remove();
    await approver?.remove();
  });

  /** Changes the company in Odoo, waits until it was delivered, and answers what the CRM holds. */
  async function afterChange(values: object): Promise<Record<string, unknown>> {
    const before = (await exchanges.of("res.partner", [company])).length;
    await admin.write("res.partner", [company], values);
    const deliveries = await exchanges.settled("res.partner", [company], before + 1);
    expect(deliveries.at(-1)?.state).toBe("delivered");
    const found = (await sandbox.records("hubspot", "company")).find((record) => JSON.stringify(record).includes(name));
    if (!found) throw new Error("The CRM does not have the company.");
    return found;
  }

  test("somebody who writes no JSON adds the field, with three clicks", async () => {
    await authorWindow.goTo("integration-artifacts");
    const { page } = authorWindow;
    await authorWindow.clearSearch();
    await authorWindow.searchFor(PATH);
    await authorWindow.openFirstRow();
    await page.getByRole("button", { name: "Change…" }).click();
    await page.locator(".o_mapping_columns").waitFor();
    const [artifact] = await author.api.read<{ draft_version_id: [number, string] }>(
      "integration.artifact",
      [["path", "=", PATH]],
      ["draft_version_id"],
    );
    screen = new MappingScreen(authorWindow, author.api, artifact?.draft_version_id[0] ?? 0);
    await screen.field("source", "reference").locator(".o_mapping_field_name").click();
    await screen.field("target", "properties.description").locator(".o_mapping_field_name").click();
    await screen.says("done");
    await screen.save();
    expect((await screen.stored()).lines.at(-1)).toEqual({ to: "properties.description", from: "reference" });
  });

  test("its effect is seen on a real company, and nothing is sent", async () => {
    const { page } = screen;
    const writes = (await sandbox.journal("hubspot")).length;
    await page.getByRole("tab", { name: "Preview" }).click();
    await page.locator(".o_mapping_preview_record input").fill(name);
    await page.locator(".o-autocomplete--dropdown-item", { hasText: name }).first().click();
    const cell = (column: string, path: string): string =>
      `.o_mapping_preview [data-column=${column}] [data-path="${path}"]`;
    const added = page.locator(`${cell("document", "properties.description")}.o_added`);
    await added.waitFor();
    expect(await added.innerText()).toContain("R-1");
    expect(await page.locator(cell("snapshot", "ref")).innerText()).toContain("R-1");
    expect(await page.locator(cell("canonical", "reference")).innerText()).toContain("R-1");
    expect(await page.locator(cell("differences", "description")).innerText()).toContain("R-1");
    expect(await page.locator(`${cell("document", "properties.city")}.o_added`).count()).toBe(0);
    await page.getByText("This would change the record in HubSpot.").waitFor();
    expect((await sandbox.journal("hubspot")).length).toBe(writes);
  });

  test("it is submitted, and its author cannot approve it", async () => {
    const { page } = screen;
    await page.locator("[name=reason] input").fill("Sales looks for companies by our reference");
    await page.getByRole("tab", { name: "Approval" }).click();
    await page.locator("[name=owner_id] input").fill(author.name);
    await page.locator(".o-autocomplete--dropdown-item", { hasText: author.name }).first().click();
    await page.locator("[name=purpose] textarea").fill("Companies of the CRM are those of Odoo");
    await page.locator("[name=compliance_note] textarea").fill("Our own reference, nothing personal");
    await page.locator("[name=rollback_plan] textarea").fill("Roll back; the description stays as it was last sent");
    await screen.save();
    await page.getByRole("button", { name: "Submit for review" }).click();
    await page.locator(".o_arrow_button_current", { hasText: "In review" }).waitFor();
    expect(await page.getByRole("button", { name: "Approve", exact: true }).count()).toBe(0);
    await page.getByRole("tab", { name: "Content" }).click();
    expect(await page.locator(".o_mapping_add").count()).toBe(0);
  });

  test("before it is approved nothing changes", async () => {
    expect(await afterChange({ phone: "+32 9 111 11 11" })).not.toHaveProperty("description", "R-1");
  });

  test("a second person compares, approves and activates it; the next change carries the field", async () => {
    const { page } = approverWindow;
    await approverWindow.goTo(`integration-versions/${screen.version}`);
    await page.locator(".o_mapping_toolbar .form-switch input").check();
    await page.locator(".o_mapping_line.o_added", { hasText: "description" }).waitFor();
    expect(await page.locator(".o_mapping_counts").innerText()).toBe("1 new, 0 changed, 0 removed");
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.locator(".o_arrow_button_current", { hasText: "Approved" }).waitFor();
    await page.getByRole("button", { name: "Activate", exact: true }).click();
    await page.locator(".o_arrow_button_current", { hasText: "Active" }).waitFor();

    expect(JSON.stringify(await afterChange({ phone: "+32 9 222 22 22" }))).toContain('"R-1"');
  });

  test("it is rolled back with one button, and the next change does not carry it", async () => {
    const { page } = approverWindow;
    await page.getByRole("button", { name: "Roll back", exact: true }).click();
    await page.locator(".modal").getByRole("button", { name: "Ok" }).click();
    await page.locator(".o_arrow_button_current", { hasText: "Retired" }).waitFor();

    const held = JSON.stringify(await afterChange({ phone: "+32 9 333 33 33", ref: "R-2" }));
    expect(held).toContain("+32 9 333 33 33");
    expect(held).toContain('"R-1"');
    expect(held).not.toContain("R-2");
  });

  test("who did what and why stays with the version", async () => {
    await waitFor("the history", async () => {
      const history = await approverWindow.page.locator(".o-mail-Message").allInnerTexts();
      const told = history.join("\n");
      return [author.name, approver.name, "Our own reference, nothing personal"].every((text) => told.includes(text));
    });
  });
});
