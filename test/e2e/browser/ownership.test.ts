import { randomUUID } from "node:crypto";
import type { Browser } from "playwright-core";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { hirePerson, type Person } from "../../support/people";
import { SandboxControl } from "../../support/sandbox-control";
import { installStarterRules } from "../../support/starter-rules";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";

/**
 * Who owns a field is changed by people, and the sidecar that runs goes by it with the next change: what the CRM owns is
 * not sent to it, what it shares with Odoo is (OWN-01, OWN-02, GOV-01, GOV-02).
 */
describe("the owner of a customer's phone number", () => {
  const stack = e2eStack();
  const sandbox = new SandboxControl(stack.sandbox.url);
  const name = `Owned ${randomUUID()}`;
  let admin: OdooApi;
  let exchanges: Exchanges;
  let browser: Browser;
  let author: Person;
  let approver: Person;
  let company: number;
  let authorWindow: OdooWindow;
  let approverWindow: OdooWindow;

  beforeAll(async () => {
    admin = await OdooApi.signIn(stack);
    await installStarterRules(admin);
    exchanges = new Exchanges(admin);
    author = await hirePerson(stack, admin, "mapping");
    approver = await hirePerson(stack, admin, "mapping");
    const file = await admin.search("integration.artifact", [["path", "=", "ownership.json"]]);
    await admin.write("integration.artifact", file, { owner_id: author.id, purpose: "Who keeps what." });
    company = await admin.create("res.partner", { name, is_company: true, phone: "+32 1", city: "Gent" });
    await exchanges.settled("res.partner", [company]);
    browser = await launchBrowser();
    authorWindow = await OdooWindow.open(browser, author.api);
    approverWindow = await OdooWindow.open(browser, approver.api);
  });

  afterEach(async () => {
    expect([...(await authorWindow.takeProblems()), ...(await approverWindow.takeProblems())]).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    // Other tests count on the shipped matrix.
    await admin.call("integration.release", "action_rollback_to_shipped", [[]]);
    await author?.remove();
    await approver?.remove();
  });

  /** Changes the company, waits until that was delivered, and answers what the CRM holds then. */
  async function afterChange(values: object): Promise<Record<string, unknown>> {
    const before = (await exchanges.of("res.partner", [company])).length;
    await admin.write("res.partner", [company], values);
    const deliveries = await exchanges.settled("res.partner", [company], before + 1);
    expect(deliveries.at(-1)?.state).toBe("delivered");
    const found = (await sandbox.records("hubspot", "company")).find((record) => JSON.stringify(record).includes(name));
    if (!found) throw new Error("The CRM does not have the company.");
    return found["fields"] as Record<string, unknown>;
  }

  /** The author proposes other owners of the phone number in the matrix, and submits that; answers the version. */
  async function propose(owner: string, sharedWith: string): Promise<number> {
    const { page } = authorWindow;
    await authorWindow.goTo("integration-ownership");
    await authorWindow.clearSearch();
    await authorWindow.searchFor("phone");
    const row = page.locator(".o_data_row", { has: page.locator("[name=rule]", { hasText: /^customer\./ }) });
    await row
      .filter({ has: page.locator("td[name=field]", { hasText: /^phone$/ }) })
      .locator("input")
      .check();
    await page.getByRole("button", { name: "Change the owner…" }).click();
    const dialog = page.locator(".modal");
    await dialog.locator("[name=owner] input").click();
    await page.locator(".o_select_menu_item").getByText(owner, { exact: true }).click();
    await dialog.locator("[name=shared_with] input").fill(sharedWith);
    await dialog.locator("[name=shared_with] input").press("Tab");
    // Who may supply the field instead is asked only where nobody shares it.
    await dialog.locator("[name=survivorship] input").waitFor({ state: sharedWith === "" ? "visible" : "hidden" });
    await authorWindow.viewStands();
    await dialog.locator("[name=reason] input").fill("Sales keeps numbers in the CRM");
    await dialog.getByRole("button", { name: "Propose" }).click();
    await page.getByRole("tab", { name: "Approval" }).click();
    await page.locator("[name=compliance_note] textarea").fill("No other data leaves");
    await page.locator("[name=rollback_plan] textarea").fill("Roll back");
    await page.locator(".o_form_button_save").click();
    await authorWindow.viewStands();
    await page.getByRole("button", { name: "Submit for review" }).click();
    await page.locator(".o_arrow_button_current", { hasText: "In review" }).waitFor();
    const [version = 0] = await author.api.search("integration.artifact.version", [
      ["artifact_id.path", "=", "ownership.json"],
      ["state", "=", "in_review"],
    ]);
    return version;
  }

  async function approve(version: number): Promise<void> {
    const { page } = approverWindow;
    await approverWindow.goTo(`integration-versions/${version}`);
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.locator(".o_arrow_button_current", { hasText: "Approved" }).waitFor();
    await page.getByRole("button", { name: "Activate", exact: true }).click();
    await page.locator(".o_arrow_button_current", { hasText: "Active" }).waitFor();
  }

  async function rollBack(): Promise<void> {
    const { page } = approverWindow;
    await page.getByRole("button", { name: "Roll back", exact: true }).click();
    await page.locator(".modal").getByRole("button", { name: "Ok" }).click();
    await page.locator(".o_arrow_button_current", { hasText: "Retired" }).waitFor();
  }

  let version: number;

  test("is proposed in the matrix, and a proposal alone changes nothing", async () => {
    version = await propose("hubspot", "");
    expect(await afterChange({ phone: "+32 2" })).toMatchObject({ phone: "+32 2" });
  });

  test("is the CRM once that is approved: the number is no longer sent", async () => {
    await approve(version);
    expect(await afterChange({ phone: "+32 3", city: "Brugge" })).toMatchObject({ phone: "+32 2", city: "Brugge" });
  });

  test("is who it was before after a roll back: it is sent", async () => {
    await rollBack();
    expect(await afterChange({ phone: "+32 4", city: "Gent" })).toMatchObject({ phone: "+32 4", city: "Gent" });
  });

  test("may be both, proposed in the same way", async () => {
    version = await propose("hubspot", "odoo");
  });

  test("is named as both in the matrix then, and the number is sent", async () => {
    await approve(version);
    expect(await afterChange({ phone: "+32 5", city: "Aalst" })).toMatchObject({ phone: "+32 5", city: "Aalst" });
    const matrix = await author.api.read<{ owner: string }>(
      "integration.ownership",
      [
        ["object", "=", "customer"],
        ["field", "=", "phone"],
      ],
      ["owner"],
    );
    expect(matrix.map((row) => row.owner)).toEqual(["hubspot, odoo"]);
  });
});
