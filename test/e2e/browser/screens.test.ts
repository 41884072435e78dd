import type { Browser } from "playwright-core";
import type { DeliveryState } from "../../../sidecar/domain/delivery";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { Seed, type SeededRecord, type SeededSystem } from "../../support/seed-states";
import { e2eStack } from "../support/e2e-stack";

const STATES: DeliveryState[] = ["held", "dead", "retry", "unknown", "waiting", "processing", "pending", "delivered"];

const FILTERS: [name: string, shown: DeliveryState[]][] = [
  ["Needs a person", ["held", "dead"]],
  ["On its way", ["retry", "unknown", "waiting", "processing", "pending"]],
  ["Delivered", ["delivered"]],
  ["Will retry", ["retry"]],
  ["Failure: data", ["held"]],
  ["Failure: technical", ["dead", "retry"]],
  ["Failure: outcome unknown", ["unknown"]],
  ["Open for more than a day", ["dead"]],
  ["Open for more than a week", []],
];

const GROUPINGS = ["State", "Kind of failure", "Cause", "System", "Event", "Record"];

/** Every screen of the addon, opened by an administrator with one delivery in each state (OBS-01). */
describe("the screens of the hub", () => {
  let browser: Browser;
  let odoo: OdooWindow;
  let seed: Seed;
  let crm: SeededSystem;
  const records = new Map<DeliveryState, SeededRecord>();

  beforeAll(async () => {
    const stack = e2eStack();
    const admin = await OdooApi.signIn(stack);
    seed = await Seed.open(stack, admin);
    await seed.aloneOn("res.partner");
    crm = await seed.system("Screens CRM");
    const only = [["ref", "=", seed.suffix]];
    await seed.rule("res.partner", [crm], { domain: JSON.stringify(only), payload_fields: "name\nemail" });
    for (const state of STATES) {
      const record = await seed.record("res.partner", { name: `${seed.suffix} ${state}`, ref: seed.suffix });
      const delivery = await seed.onlyDelivery(record, crm);
      await seed.put(delivery, state, state === "waiting" ? { wait_for: `res.partner,${admin.uid}` } : {});
      if (state === "dead") await seed.age(delivery, 30);
      if (state === "delivered") await seed.link(record, crm, `ext-${seed.suffix}`, "https://crm.example/1");
      records.set(state, record);
    }
    browser = await launchBrowser();
    odoo = await OdooWindow.open(browser, admin);
  });

  afterEach(async () => {
    expect(await odoo.takeProblems()).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await seed?.clear();
  });

  /** The deliveries of this test alone, without the filter that the menu sets. */
  const openMine = async (): Promise<void> => {
    await odoo.goTo("integration-deliveries");
    await odoo.clearSearch();
    await odoo.searchFor(seed.suffix);
  };

  const shownStates = async (): Promise<string[]> => {
    const names = await odoo.page.locator(".o_data_row td[name=res_name]").allInnerTexts();
    return names.map((name) => name.replace(`${seed.suffix} `, "")).sort();
  };

  test.each([
    ["Deliveries"],
    ["Events"],
    ["Links"],
    ["Systems"],
    ["Mappings", "Mappings and tables"],
    ["Mappings", "Value tables"],
    ["Mappings", "Unknown values"],
    ["Mappings", "Ownership"],
    ["Mappings", "Event catalogue"],
    ["Mappings", "Interfaces"],
    ["Mappings", "Versions"],
    ["Mappings", "Releases"],
    ["Operations", "Mass changes"],
    ["Operations", "Restores"],
    ["Operations", "Replays"],
    ["Configuration", "Rules"],
    ["Configuration", "Exception policies"],
    ["Configuration", "Attempts"],
  ])("opens %s %s from the menu", async (...names) => {
    await odoo.goTo("integration-deliveries");
    await odoo.menu(...names);
    await odoo.page
      .locator(".o_breadcrumb")
      .getByText(names.at(-1) ?? "")
      .first()
      .waitFor();
  });

  test("shows the figures of a period in which nothing was sent", async () => {
    await odoo.goTo("integration-figures");
    await odoo.page.locator(".o_searchview_input").fill(`nothing-${seed.suffix}`);
    await odoo.page.locator(".o_searchview_autocomplete").getByText("Mapping", { exact: true }).click();
    await odoo.page.getByText("Nothing was sent in this period").waitFor();
  });

  test("opens the app on what needs a person, in plain words", async () => {
    await odoo.goTo("integration-deliveries");
    await odoo.searchFor(seed.suffix);
    expect(await shownStates()).toEqual(["dead", "held"]);
    const held = odoo.page.locator(".o_data_row", { hasText: `${seed.suffix} held` });
    expect(await held.locator("td[name=state]").innerText()).toBe("Needs attention");
    expect(await held.locator("td[name=situation]").innerText()).toContain("has no country");
  });

  test.each(["kanban", "pivot", "graph", "list"] as const)("shows deliveries as %s", async (type) => {
    await openMine();
    if (type !== "list") await odoo.switchView(type);
    const content = {
      kanban: ".o_kanban_record:not(.o_kanban_ghost)",
      pivot: "tbody td.o_pivot_cell_value",
      graph: "canvas",
      list: ".o_data_row",
    };
    await odoo.page.locator(content[type]).first().waitFor();
  });

  test("shows the columns of the kanban in the order of a delivery's life", async () => {
    await openMine();
    await odoo.switchView("kanban");
    const columns = await odoo.page.locator(".o_kanban_group .o_column_title").allInnerTexts();
    const titles = columns.map((title) => title.trim());
    const inOrder = ["Pending", "Waiting", "In flight", "Will retry", "Being checked", "Needs attention", "Gave up"];
    expect(titles.length).toBeGreaterThan(3);
    expect(titles.filter((title) => inOrder.includes(title))).toEqual(
      inOrder.filter((title) => titles.includes(title)),
    );
  });

  test.each(FILTERS)("filters deliveries by “%s”", async (name, expected) => {
    await openMine();
    await odoo.choose("filter", name);
    expect(await shownStates()).toEqual([...expected].sort());
  });

  test("groups deliveries by everything a person asks for", async () => {
    for (const grouping of GROUPINGS) {
      await openMine();
      await odoo.choose("group_by", grouping);
      await odoo.page.locator(".o_group_header").first().waitFor();
    }
  });

  test.each(STATES)("explains a delivery that is %s", async (state) => {
    const record = records.get(state);
    if (!record) throw new Error("not seeded");
    await odoo.goTo(`integration-deliveries/${await seed.onlyDelivery(record, crm)}`);
    const banner = odoo.page.locator(".o_form_sheet .alert:visible");
    expect(await banner.count()).toBe(1);
    const words: Record<string, string> = {
      held: "Fill in the country, then retry.",
      dead: "Gave up after 12 tries",
      retry: "Try 3 failed",
      unknown: "looked up in Screens CRM before anything is sent again",
      waiting: "Waiting for Contact",
      processing: "Being sent to Screens CRM now",
      pending: "Goes to Screens CRM next",
      delivered: "Delivered in 840 ms",
    };
    expect(await banner.innerText()).toContain(words[state]);
    for (const tab of ["What was recorded", "Technical", "History"])
      await odoo.page.getByRole("tab", { name: tab }).click();
  });

  test("opens an event with what was recorded and where it went", async () => {
    await odoo.goTo("integration-events");
    await odoo.searchFor(`${seed.suffix} held`);
    await odoo.openFirstRow();
    await odoo.page.locator(".o_form_view td[name=state]", { hasText: "Needs attention" }).waitFor();
    await odoo.page.getByRole("tab", { name: "What was recorded" }).click();
    await odoo.page.getByText(`"name": "${seed.suffix} held"`).waitFor();
  });

  test("finds a record by the ID that another system has for it", async () => {
    await odoo.goTo("integration-links");
    await odoo.searchFor(`ext-${seed.suffix}`);
    expect(await odoo.page.locator(".o_data_row td[name=res_name]").allInnerTexts()).toEqual([
      `${seed.suffix} delivered`,
    ]);
    await odoo.openFirstRow();
    await odoo.page.getByRole("link", { name: "Open there" }).waitFor();
  });

  test("shows how a system is doing, and leads to what needs a person there", async () => {
    await odoo.goTo("integration-systems");
    await odoo.searchFor(crm.code);
    const card = odoo.page.locator(".o_kanban_record", { hasText: crm.name });
    expect(await card.locator("a[name=action_open_attention]").innerText()).toMatch(/^2\s+need attention$/);
    expect(await card.locator("a[name=action_open_on_the_way]").innerText()).toMatch(/^5\s+on their way$/);
    await card.locator("a[name=action_open_attention]").click();
    await odoo.page.locator(".o_list_view").waitFor();
    await odoo.page.locator(".o_data_row").first().waitFor();
    await odoo.viewStands();
    expect(await shownStates()).toEqual(["dead", "held"]);
  });

  test("pauses a system and lets it go on, and says so on what waits", async () => {
    const record = records.get("pending");
    if (!record) throw new Error("not seeded");
    await odoo.goTo(`integration-systems/${crm.id}`);
    await odoo.page.getByRole("button", { name: "Pause" }).click();
    await odoo.page.locator(".modal").getByRole("button", { name: "Ok" }).click();
    await odoo.page.getByText("Nothing is sent:").waitFor();
    await odoo.goTo(`integration-deliveries/${await seed.onlyDelivery(record, crm)}`);
    await odoo.page.getByText("Goes when Screens CRM is resumed").waitFor();
    await odoo.goTo(`integration-systems/${crm.id}`);
    await odoo.page.getByRole("button", { name: "Resume" }).click();
    await odoo.page.getByRole("button", { name: "Pause" }).waitFor();
  });
});
