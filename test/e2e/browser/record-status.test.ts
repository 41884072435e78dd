import type { Browser, Locator } from "playwright-core";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { hirePerson, type Person, type Role } from "../../support/people";
import { Seed, type SeededRecord, type SeededSystem } from "../../support/seed-states";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "../support/e2e-stack";

const STATUS = ".o_integration_status";
const TEN_MINUTES = 10 * 60_000;

/** What a person sees on the record itself, without any view written for its model (OBS-01). */
describe("the status on a record's form", () => {
  const people: Person[] = [];
  let admin: OdooApi;
  let browser: Browser;
  let odoo: OdooWindow;
  let seed: Seed;
  let crm: SeededSystem;
  let psa: SeededSystem;

  const hire = async (role: Role): Promise<OdooWindow> => {
    const person = await hirePerson(e2eStack(), admin, role);
    people.push(person);
    return await OdooWindow.open(browser, person.api);
  };

  beforeAll(async () => {
    const stack = e2eStack();
    admin = await OdooApi.signIn(stack);
    seed = await Seed.open(stack, admin);
    await seed.aloneOn("res.partner");
    await seed.aloneOn("sale.order");
    crm = await seed.system("Status CRM");
    psa = await seed.system("Status PSA");
    await seed.rule("res.partner", [crm, psa], {
      domain: JSON.stringify([["ref", "=", seed.suffix]]),
      payload_fields: "name\nphone",
    });
    await seed.rule("sale.order", [psa], { event_type: "order.changed", object: "contract" });
    browser = await launchBrowser();
    odoo = await hire("operator");
  });

  afterEach(async () => {
    expect(await odoo.takeProblems()).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await seed?.clear();
    for (const person of people) await person.remove();
  });

  const customer = async (name: string): Promise<SeededRecord & { crm: number; psa: number }> => {
    const record = await seed.record("res.partner", {
      name: `${name} ${seed.suffix}`,
      is_company: true,
      ref: seed.suffix,
    });
    return { ...record, crm: await seed.onlyDelivery(record, crm), psa: await seed.onlyDelivery(record, psa) };
  };

  const statusOf = async (record: SeededRecord, window = odoo): Promise<Locator> => {
    await window.goTo(`${record.model}/${record.id}`);
    return await shows(window);
  };

  const shows = async (window: OdooWindow, ...states: string[]): Promise<Locator> => {
    const wanted =
      states.length > 0
        ? states.map((state) => `${STATUS}[data-state=${state}]`).join(", ")
        : `${STATUS}:not([data-state=loading])`;
    const status = window.page.locator(wanted);
    await status.waitFor();
    return status;
  };

  const systemRow = (system: SeededSystem): Locator =>
    odoo.page.locator(`.o_integration_status_system[data-system="${system.code}"]`);

  test("says the worst state, and for each system the error, what to do and where the record is there", async () => {
    const record = await customer("Worst first");
    await seed.put(record.crm, "held");
    await seed.put(record.psa, "delivered");
    await seed.link(record, psa, `psa-${record.id}`, `https://psa.example/${record.id}`);
    const status = await statusOf(record);
    expect(await status.innerText()).toContain("Needs attention");
    await status.click();
    expect(await systemRow(crm).innerText()).toMatch(
      /Needs attention[^]*has no country[^]*Fill in the country, then retry/,
    );
    expect(await systemRow(psa).innerText()).toMatch(/In step/);
    const link = systemRow(psa).getByRole("link", { name: "Open" });
    expect(await link.getAttribute("href")).toBe(`https://psa.example/${record.id}`);
    expect(await link.getAttribute("target")).toBe("_blank");
  });

  test("says whether somebody looks after it, and leads to where it is decided", async () => {
    const record = await customer("Leads on");
    await seed.put(record.crm, "held");
    await seed.put(record.psa, "delivered");
    await (await statusOf(record)).click();
    expect(await systemRow(crm).innerText()).toMatch(/looks after it|Nobody has taken it yet/);
    expect(await systemRow(psa).getByRole("button").count()).toBe(0);
    await systemRow(crm).getByRole("button", { name: "Look and decide" }).click();
    await odoo.page.locator(".o_form_sheet .alert-danger", { hasText: "Fill in the country" }).waitFor();
  });

  test("follows by itself until the record has arrived", async () => {
    const record = await customer("Follows");
    await seed.put(record.psa, "delivered");
    await statusOf(record);
    await shows(odoo, "pending");
    await seed.put(record.crm, "delivered");
    await shows(odoo, "delivered");
  });

  test("notices a change the moment it is saved", async () => {
    const record = await customer("Saves");
    await seed.put(record.crm, "delivered");
    await seed.put(record.psa, "delivered");
    await statusOf(record);
    await shows(odoo, "delivered");
    await odoo.page.locator("[name=phone] input").fill("+32 2 555 01 23");
    await odoo.page.locator(".o_form_button_save").click();
    await shows(odoo, "pending");
    expect(await seed.deliveries(record, crm)).toHaveLength(2);
  });

  test("asks the server no more when nothing is on its way, and ever less often while something is", async () => {
    const record = await customer("Quiet");
    await seed.put(record.crm, "held");
    await seed.put(record.psa, "delivered");
    const window = await hire("viewer");
    let questions = 0;
    window.page.on("request", (request) => {
      if (request.url().includes("get_record_status")) questions += 1;
    });
    await window.page.clock.install();
    await statusOf(record, window);
    expect(questions).toBe(1);
    await window.page.clock.runFor(TEN_MINUTES);
    expect(questions).toBe(1);

    await seed.put(record.crm, "pending");
    await window.page.reload();
    await shows(window, "pending");
    for (let minute = 0; minute < 10; minute += 1) await window.page.clock.runFor(TEN_MINUTES / 10);
    expect(questions).toBeGreaterThan(3);
    expect(questions).toBeLessThan(40);

    await window.page.locator(".o_form_button_create").click();
    await window.page.locator(STATUS).waitFor({ state: "detached" });
    const asked = questions;
    await window.page.clock.runFor(TEN_MINUTES);
    expect(questions).toBe(asked);
    await window.close();
  });

  test("sends the record now when an operator asks for it", async () => {
    const record = await customer("Now");
    await seed.put(record.crm, "delivered");
    await seed.put(record.psa, "delivered");
    const status = await statusOf(record);
    await status.click();
    await odoo.page.getByRole("button", { name: "Send now" }).click();
    await waitFor("a second delivery", async () => (await seed.deliveries(record, crm)).length === 2);
    await shows(odoo, "pending");
  });

  test("leads to all exchanges of the record and to no others", async () => {
    const record = await customer("Exchanges");
    const status = await statusOf(record);
    await status.click();
    await odoo.page.getByRole("button", { name: "All exchanges" }).click();
    await odoo.page.locator(".o_list_view").waitFor();
    await odoo.viewStands();
    const names = await odoo.page.locator(".o_data_row td[name=res_name]").allInnerTexts();
    expect(names.length).toBeGreaterThanOrEqual(2);
    expect(new Set(names)).toEqual(new Set([record.name]));
  });

  test("stands first in the button box at 1366 px, where later buttons hide under More", async () => {
    const record = await customer("Narrow");
    await statusOf(record);
    const box = odoo.page.locator(".o-form-buttonbox");
    const first = box.locator("> *").first();
    expect(await first.locator(STATUS).count()).toBe(1);
    const place = await first.boundingBox();
    expect(place?.width).toBeGreaterThan(80);
    expect((place?.x ?? 0) + (place?.width ?? 0)).toBeLessThan(1366);
  });

  test("stands on an order as well, and waits for the customer by name", async () => {
    const record = await customer("Buyer");
    const order = await seed.record("sale.order", { name: `SO ${seed.suffix}`, partner_id: record.id });
    await seed.put(await seed.onlyDelivery(order, psa), "waiting", { wait_for: `res.partner,${record.id}` });
    const status = await statusOf(order);
    expect(await status.innerText()).toContain("Waiting");
    await status.click();
    expect(await systemRow(psa).innerText()).toContain(`Waiting for Contact ${record.name}`);
  });

  test.each(["crm.lead", "project.project", "project.task", "hr.employee", "account.move", "res.partner.category"])(
    "needs no view of its own for %s",
    async (model) => {
      await seed.rule(model, [psa], { domain: JSON.stringify([["id", "=", 0]]) });
      const [id = 0] = await admin.search(model, []);
      const window = await OdooWindow.open(browser, admin);
      await window.goTo(`${model}/${id}`);
      const first = window.page.locator(".o-form-buttonbox > *").first();
      await first.locator(STATUS).waitFor();
      expect(await window.takeProblems()).toEqual([]);
      await window.close();
    },
  );

  test("is right for an archived record", async () => {
    const record = await customer("Archived");
    await seed.put(record.crm, "delivered");
    await seed.put(record.psa, "delivered");
    await admin.write("res.partner", [record.id], { active: false });
    for (const system of [crm, psa]) {
      const last = (await seed.deliveries(record, system)).at(-1);
      if (last !== undefined) await seed.put(last, "dead");
    }
    await statusOf(record);
    await shows(odoo, "dead");
  });

  test("is not there on a record that does not exist yet", async () => {
    await odoo.goTo("res.partner/new");
    await odoo.page.locator(".o_form_view [name=name]").first().waitFor();
    expect(await odoo.page.locator(STATUS).count()).toBe(0);
  });

  test("is not there for people without rights, and the form works as ever", async () => {
    const record = await customer("Hidden");
    const window = await hire("nobody");
    await window.goTo(`res.partner/${record.id}`);
    await window.page.locator(".o-form-buttonbox").waitFor();
    expect(await window.page.locator(STATUS).count()).toBe(0);
    expect(await window.takeProblems()).toEqual([]);
    await window.close();
  });

  test("gives a viewer everything but the button that sends", async () => {
    const record = await customer("Viewer");
    const window = await hire("viewer");
    const status = await statusOf(record, window);
    await status.click();
    await window.page.getByRole("button", { name: "All exchanges" }).waitFor();
    expect(await window.page.getByRole("button", { name: "Send now" }).count()).toBe(0);
    expect(await window.takeProblems()).toEqual([]);
    await window.close();
  });
});
