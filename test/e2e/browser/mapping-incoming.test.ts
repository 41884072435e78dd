import { randomUUID } from "node:crypto";
import type { Browser } from "playwright-core";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { hirePerson, type Person } from "../../support/people";
import { e2eStack } from "../support/e2e-stack";
import { InboundVendor } from "../support/inbound";
import { MappingScreen } from "../support/mapping-screen";

const PATH = "systems/hubspot/mappings/in/customer.json";

/** A mapping of what comes in is seen on a real record of the vendor before it counts (MAP-03, OWN-02, GOV-02, SEC-06). */
describe("a mapping of what comes in, seen on a real company of HubSpot", () => {
  const name = `Preview ${randomUUID().slice(0, 8)}`;
  let hubspot: InboundVendor;
  let browser: Browser;
  let author: Person;
  let odoo: OdooWindow;
  let screen: MappingScreen;
  let company: string;
  let partner: number;

  beforeAll(async () => {
    const stack = e2eStack();
    hubspot = await InboundVendor.open("hubspot");
    company = await hubspot.add("company", { name, phone: "+32 2 555 01 01", city: "Ghent" });
    partner = await hubspot.arrived("company", company);
    author = await hirePerson(stack, hubspot.odoo, "mapping");
    const version = await MappingScreen.draftOf(author.api, PATH);
    browser = await launchBrowser();
    odoo = await OdooWindow.open(browser, author.api);
    screen = new MappingScreen(odoo, author.api, version);
  }, 90_000);
  afterEach(async () => {
    expect(await odoo.takeProblems()).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await author?.remove();
    await hubspot?.close();
  }, 60_000);

  const cell = (column: string, path: string): string =>
    `.o_incoming_preview [data-column=${column}] [data-path="${path}"]`;

  const look = async (id: string): Promise<void> => {
    const input = screen.page.locator(".o_incoming_preview_id input");
    await input.fill(id);
    await input.press("Tab");
  };

  const says = async (words: string): Promise<void> => {
    await screen.page.locator(".o_incoming_preview", { hasText: words }).waitFor();
  };

  test("a line that is added shows what it would change in Odoo, and changes nothing", async () => {
    const { page } = screen;
    await screen.open();
    await screen.addLine();
    await screen.choosePath("to", "reference");
    await screen.part("kind").locator("select").selectOption("constant");
    await screen.part("const").locator("input").fill("From HubSpot");
    await screen.part("const").locator("input").press("Tab");
    await page.getByRole("tab", { name: "Preview" }).click();
    await look(company);
    await says(`This would change ${name} in Odoo.`);
    await page.locator(`${cell("canonical", "reference")}.o_added`).waitFor();
    await page.locator(`${cell("fields", "ref")}.o_changed`, { hasText: "From HubSpot" }).waitFor();
    expect(await page.locator(cell("fields", "city")).innerText()).toMatch(/City\s+Ghent\s+the same/);
    expect(await hubspot.read("res.partner", partner, ["ref"])).toMatchObject({ ref: false });
  });

  test("a person picks a linked record, and sees what is confidential as dots", async () => {
    const { page } = screen;
    await look("1");
    await page.locator(".o_incoming_preview .o_mapping_preview_record input").fill(name);
    await page.locator(".o-autocomplete--dropdown-item", { hasText: name }).first().click();
    await says(`This would change ${name} in Odoo.`);
    expect(await page.locator(".o_incoming_preview_id input").inputValue()).toBe(company);
    expect(await page.locator(cell("record", "properties.name")).innerText()).toContain(name);
    // What no mapping in force reads is of no known class.
    expect(await page.locator(cell("record", "createdAt")).innerText()).toContain("•••");
    await page.locator(".o_mapping_masked").waitFor();
  });

  test("what is not there, and a system that is paused, are said in words", async () => {
    await look("404404404");
    await says("HubSpot has no record with the ID 404404404.");
    const systems = await hubspot.odoo.search("integration.system", [["code", "=", "hubspot"]]);
    await hubspot.odoo.call("integration.system", "action_pause", [systems]);
    try {
      await look(company);
      await says("is paused");
    } finally {
      await hubspot.odoo.call("integration.system", "action_resume", [systems]);
    }
  });
});
