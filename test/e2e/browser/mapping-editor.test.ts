import type { Browser } from "playwright-core";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { hirePerson, type Person } from "../../support/people";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "../support/e2e-stack";
import { MappingScreen } from "../support/mapping-screen";

/** A mapping is changed in Odoo without writing JSON, and the JSON beside it is always the same (MAP-01…08, MAP-12). */
describe("the mapping editor", () => {
  let admin: OdooApi;
  let browser: Browser;
  let mapper: Person;
  let odoo: OdooWindow;
  let screen: MappingScreen;
  const drafts: number[] = [];

  beforeAll(async () => {
    const stack = e2eStack();
    admin = await OdooApi.signIn(stack);
    mapper = await hirePerson(stack, admin, "mapping");
    browser = await launchBrowser();
    odoo = await OdooWindow.open(browser, mapper.api, { width: 1280, height: 800 });
  });

  beforeEach(async () => {
    screen = await draft("systems/hubspot/mappings/contract.json");
  });

  afterEach(async () => {
    expect(await odoo.takeProblems()).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await mapper?.api.unlink("integration.artifact.version", drafts);
    await mapper?.remove();
  });

  async function draft(path: string): Promise<MappingScreen> {
    const version = await MappingScreen.draftOf(mapper.api, path);
    drafts.push(version);
    const opened = new MappingScreen(odoo, mapper.api, version);
    await opened.open();
    return opened;
  }

  /** Saves, and answers the last line as it is stored. */
  async function lastLine(): Promise<unknown> {
    await screen.save();
    return (await screen.stored()).lines.at(-1);
  }

  test("a click on an unused field makes a line, and its target is chosen by name", async () => {
    const before = (await screen.stored()).lines.length;
    const field = screen.field("source", "customerReference");
    expect(await field.getAttribute("class")).not.toContain("o_used");
    await field.locator(".o_mapping_field_name").click();
    await screen.choosePath("to", "properties.customer_reference");
    expect(await lastLine()).toEqual({ to: "properties.customer_reference", from: "customerReference" });
    expect((await screen.stored()).lines).toHaveLength(before + 1);
    expect(await field.getAttribute("class")).toContain("o_used");
    await screen.field("target", "properties.customer_reference").locator(".fa-check").waitFor();
  });

  test("a field dragged to a target makes the line between them", async () => {
    await screen.line("lines[0]").locator("[title='Remove this line']").click();
    const from = screen.field("source", "number").locator(".o_mapping_field_name");
    await from.dragTo(screen.field("target", "properties.hs_order_name").locator(".o_mapping_field_name"));
    expect(await lastLine()).toEqual({ to: "properties.hs_order_name", from: "number" });
  });

  test("a required target without a line stands first, and says so", async () => {
    await screen.line("lines[0]").locator("[title='Remove this line']").click();
    const sections = screen.page.locator(".o_mapping_fields[data-side=target] .o_mapping_section");
    await sections.filter({ hasText: "Must be filled" }).waitFor();
    expect(await sections.first().innerText()).toMatch(/must be filled/i);
    const first = screen.page.locator(".o_mapping_fields[data-side=target] .o_mapping_field").first();
    expect(await first.getAttribute("data-path")).toBe("properties.hs_order_name");
    const status = screen.page.locator(".o_mapping_status", { hasText: "1 field must still be filled" });
    await status.waitFor();
    expect(await status.innerText()).not.toContain("No problems");
  });

  test("fields show their type and how confidential they are, and are found by their words", async () => {
    await screen.page.getByLabel("Search a source field").fill("salesperson");
    const found = screen.page.locator(".o_mapping_fields[data-side=source] .o_mapping_field");
    await waitFor("the search", async () => (await found.count()) === 1);
    expect(await found.getAttribute("data-path")).toBe("owner");
    expect(await found.locator(".o_mapping_class").innerText()).toBe("personal");
    await screen.page.getByLabel("Search a source field").fill("total");
    expect(await screen.field("source", "total").locator(".o_mapping_type").innerText()).toBe("number");
  });

  test("a fixed value, a number among them", async () => {
    await screen.addLine();
    await screen.choosePath("to", "properties.priority");
    await screen.part("kind").locator("select").selectOption("constant");
    await screen.part("const").getByLabel("Fixed value: kind").selectOption("number");
    await screen.part("const").locator("input").fill("3");
    await screen.part("const").locator("input").press("Tab");
    expect(await lastLine()).toEqual({ to: "properties.priority", const: 3 });
  });

  test("several fields, filled into a sentence, and functions in order, each with its sentence", async () => {
    await screen.addLine();
    await screen.choosePath("to", "properties.summary");
    await screen.part("kind").locator("select").selectOption("fields");
    await screen.choosePath("from", "number", 0);
    await screen.choosePath("from", "currency", 1);
    await screen.add("apply");
    const steps = screen.part("apply").getByLabel("Add a step");
    expect(await steps.locator("option", { hasText: /^fill / }).innerText()).toContain("Puts the values of a list");
    await steps.selectOption("fill");
    await screen.part("apply").getByLabel("sentence").fill("{1} in {2}");
    await screen.part("apply").getByLabel("sentence").press("Tab");
    await steps.selectOption("upper");
    expect(await lastLine()).toEqual({
      to: "properties.summary",
      from: ["number", "currency"],
      apply: [["fill", "{1} in {2}"], "upper"],
    });
  });

  test("a table by its name or the line's own, and what happens to other values", async () => {
    await screen.addLine();
    await screen.choosePath("to", "properties.owner_name");
    await screen.choosePath("from", "owner.email");
    await screen.add("lookup");
    await screen.part("lookup").getByLabel("Table", { exact: true }).selectOption("owners");
    await screen.part("lookup").getByLabel("A value that is not in the table").selectOption("omit");
    expect(await lastLine()).toEqual({
      to: "properties.owner_name",
      from: "owner.email",
      lookup: { table: "owners", unknown: "omit" },
    });
    await screen.part("lookup").getByLabel("Table", { exact: true }).selectOption("{}");
    await screen.part("lookup").getByLabel("Value", { exact: true }).fill("a@b.example");
    await screen.part("lookup").getByLabel("Value", { exact: true }).press("Tab");
    await screen.part("lookup").getByLabel("Becomes", { exact: true }).fill("Ann");
    await screen.part("lookup").getByLabel("Becomes", { exact: true }).press("Tab");
    expect(await lastLine()).toMatchObject({ lookup: { table: { "a@b.example": "Ann" }, unknown: "omit" } });
  });

  test("a condition with several parts, a default, what happens to empty values, required and a note", async () => {
    await screen.addLine();
    await screen.choosePath("to", "properties.label");
    await screen.choosePath("from", "customerReference");
    await screen.add("when");
    const when = screen.part("when");
    await screen.choose(when.locator(".o_mapping_path input").first(), "status");
    await when.getByLabel("Value", { exact: true }).fill("confirmed");
    await when.getByLabel("Value", { exact: true }).press("Tab");
    await when.getByRole("button", { name: "and…" }).click();
    await when.getByLabel("How many have to hold").selectOption("any");
    const second = when.locator(".o_mapping_comparison").nth(1);
    await screen.choose(second.locator(".o_mapping_path input"), "total");
    await second.getByLabel("Comparison").selectOption("gte");
    await second.locator("input[type=number]").fill("1000");
    await second.locator("input[type=number]").press("Tab");
    await screen.add("default");
    await screen.part("default").getByLabel("Value when there is none", { exact: true }).fill("none");
    await screen.part("default").getByLabel("Value when there is none", { exact: true }).press("Tab");
    await screen.add("whenEmpty");
    await screen.part("whenEmpty").getByLabel("If empty").selectOption("null");
    await screen.add("required");
    await screen.add("note");
    await screen.part("note").getByLabel("Note").fill("For the big ones.");
    await screen.part("note").getByLabel("Note").press("Tab");
    expect(await lastLine()).toEqual({
      to: "properties.label",
      from: "customerReference",
      when: {
        any: [
          { from: "status", equals: "confirmed" },
          { from: "total", gte: 1000 },
        ],
      },
      default: "none",
      whenEmpty: "null",
      required: true,
      note: "For the big ones.",
    });
    const marks = await screen
      .line(`lines[${(await screen.stored()).lines.length - 1}]`)
      .locator(".o_mapping_marks")
      .innerText();
    expect(marks).toContain("only when status is “confirmed” or total is at least 1000");
  });

  test("the id of another record in the target", async () => {
    await screen.addLine();
    await screen.choosePath("to", "associations.parent");
    await screen.part("kind").locator("select").selectOption("link");
    await screen.part("link").getByLabel("Kind of record").selectOption("company");
    await screen.choosePath("link-from", "customer.id");
    await screen.part("link-optional").locator("select").selectOption("true");
    expect(await lastLine()).toEqual({
      to: "associations.parent",
      link: { type: "company", from: "customer.id", optional: true },
    });
  });

  test("a list, item by item, with lines of its own and a choice of items", async () => {
    await screen.addLine();
    await screen.choosePath("to", "properties.items");
    await screen.part("kind").locator("select").selectOption("list");
    await screen.choosePath("each", "lines");
    await screen.add("where");
    const where = screen.part("where");
    await screen.choose(where.locator(".o_mapping_path input").first(), "quantity");
    await where.getByLabel("Comparison").selectOption("gt");
    await where.locator("input[type=number]").fill("0");
    await where.locator("input[type=number]").press("Tab");
    const index = (await screen.lines.count()) - 1;
    await screen.line(`lines[${index}].lines[0]`).locator(".o_mapping_row_open").click();
    await screen.choosePath("to", "name");
    await screen.choosePath("from", "description");
    expect(await lastLine()).toEqual({
      to: "properties.items",
      each: "lines",
      where: { from: "quantity", gt: 0 },
      lines: [{ to: "name", from: "description" }],
    });
  });

  test("lines are moved and removed with the keyboard, and all of it is undone", async () => {
    const { lines } = await screen.stored();
    const rows = screen.page.locator(".o_mapping_middle > .o_mapping_lines > .o_mapping_line .o_mapping_row_open");
    await rows.first().focus();
    await screen.page.keyboard.press("Alt+ArrowDown");
    await waitFor("the line to have moved", async () =>
      (await rows.first().innerText()).includes("hs_external_order_id"),
    );
    await rows.first().focus();
    await screen.page.keyboard.press("Delete");
    await waitFor("the line to be gone", async () => (await rows.count()) === lines.length - 1);
    await screen.page.locator(".o_mapping_toolbar").getByTitle("Undo (Ctrl+Z)").focus();
    await screen.page.keyboard.press("Control+z");
    await waitFor("the line to be back", async () => (await rows.count()) === lines.length);
    await screen.page.getByTitle("Undo (Ctrl+Z)").click();
    await waitFor("the order to be back", async () => (await rows.first().innerText()).includes("hs_order_name"));
    await screen.page.getByTitle("Redo (Ctrl+Y)").click();
    await waitFor("the move again", async () => (await rows.first().innerText()).includes("hs_external_order_id"));
    await screen.save();
    expect((await screen.stored()).lines[0]).toEqual(lines[1]);
  });

  test("the JSON and the lines are one: each shows at once what is done in the other", async () => {
    await screen.showJson();
    await screen.line("lines[1]").locator(".o_mapping_row_open").click();
    await screen.choosePath("from", "customerReference");
    await waitFor("the JSON to follow", async () => (await screen.json()).includes('"from": "customerReference"'));
    await screen.cursorBehind('"from": "customerReference"');
    await screen.page.keyboard.type(', "required": true');
    await screen.line("lines[1]").locator(".o_mark_required").waitFor();
    await screen.save();
    expect((await screen.stored()).lines[1]).toEqual({
      to: "properties.hs_external_order_id",
      from: "customerReference",
      required: true,
    });
  });

  test("what cannot be read in the JSON is told at its place, and the lines wait", async () => {
    await screen.showJson();
    const before = await screen.json();
    await screen.cursorBehind('"title"');
    await screen.page.keyboard.press("Backspace");
    await screen.says("broken");
    const [error] = await screen.jsonErrors();
    expect(error?.text).toMatch(/colon is missing/);
    expect(error?.row).toContain('"title');
    await screen.page.locator(".o_mapping_middle.o_waiting").waitFor();
    await screen.page.keyboard.type('"');
    await screen.page.locator(".o_mapping_middle:not(.o_waiting)").waitFor();
    expect(await screen.json()).toBe(before);
  });

  test("keywords, functions and fields are completed in the JSON", async () => {
    await screen.showJson();
    await screen.cursorBehind('"from": "number"');
    await screen.page.keyboard.type(', "app');
    const offers = screen.page.locator(".o_mapping_offers");
    await offers.getByText("Functions, in order.").waitFor();
    await screen.page.keyboard.press("Enter");
    await screen.page.keyboard.type('["upp');
    await offers.getByText("Upper case.").waitFor();
    await screen.page.keyboard.press("Enter");
    await screen.page.keyboard.type("]");
    await screen.line("lines[0]").locator(".o_mark_step", { hasText: "upper" }).waitFor();
    await screen.save();
    expect((await screen.stored()).lines[0]).toMatchObject({ apply: ["upper"] });
  });

  test("a mistake in the mapping is told at its line and at its row of the JSON", async () => {
    await screen.says("done");
    await screen.showJson();
    await screen.line("lines[1]").locator(".o_mapping_row_open").click();
    const input = screen.part("from").locator(".o_mapping_path input");
    await input.fill("numbr");
    await input.press("Tab");
    const told = screen.line("lines[1]").locator(".o_mapping_problem");
    await told.waitFor();
    expect(await told.innerText()).toContain('contract has no field "numbr"');
    await waitFor("the row of the JSON", async () =>
      (await screen.jsonErrors()).some(({ row }) => row.includes("numbr")),
    );
    await screen.says("problems");
    await input.fill("number");
    await input.press("Tab");
    await screen.says("done");
    expect(await told.count()).toBe(0);
  });

  test("what changed against the version in force is shown line by line", async () => {
    await screen.field("source", "customerReference").locator(".o_mapping_field_name").click();
    await screen.choosePath("to", "properties.customer_reference");
    await screen.line("lines[1]").locator("[title='Remove this line']").click();
    await screen.line("lines[0]").locator(".o_mapping_row_open").click();
    await screen.add("apply");
    await screen.part("apply").getByLabel("Add a step").selectOption("upper");
    await screen.page.locator(".o_mapping_toolbar .form-switch input").check();
    expect(await screen.page.locator(".o_mapping_counts").innerText()).toBe("1 new, 1 changed, 1 removed");
    await screen.line("lines[0]").locator(".o_mapping_difference", { hasText: "Before: number" }).waitFor();
    await screen.page.locator(".o_mapping_removed", { hasText: "properties.hs_external_order_id" }).waitFor();
    await screen.page.locator(".o_mapping_line.o_added", { hasText: "customer_reference" }).waitFor();
  });

  test("Odoo's own fields are offered with their names, and those of related records when asked for", async () => {
    screen = await draft("odoo/contract.json");
    const partner = screen.field("source", "partner_id");
    expect(await partner.innerText()).toContain("Customer");
    await screen.page.getByLabel("Search a source field").fill("team_id");
    await screen.page.getByLabel("Search a source field").fill("");
    await screen.field("source", "team_id").locator(".o_mapping_expand").click();
    await screen.field("source", "team_id.name").waitFor();
    await screen.addLine();
    await screen.part("from").locator("input").fill("pricelist_id.");
    await screen.page.locator(".o_mapping_path_menu", { hasText: "pricelist_id.name" }).waitFor();
    await screen.choosePath("from", "pricelist_id.name");
    expect((await screen.page.locator(".o_mapping_line.o_open .o_mapping_source").innerText()).trim()).toBe(
      "pricelist_id.name",
    );
  });

  test("whoever may only look sees the lines and changes nothing", async () => {
    const operator = await hirePerson(e2eStack(), admin, "operator");
    const window = await OdooWindow.open(browser, operator.api, { width: 1280, height: 800 });
    const looking = new MappingScreen(window, mapper.api, screen.version);
    await looking.open();
    await looking.line("lines[0]").locator(".o_mapping_row_open").click();
    expect(await looking.page.locator(".o_mapping_add, .o_mapping_add_parts, [title='Remove this line']").count()).toBe(
      0,
    );
    expect(await looking.part("to").locator("input").isEditable()).toBe(false);
    expect(await window.takeProblems()).toEqual([]);
    await window.close();
    await operator.remove();
  });
});
