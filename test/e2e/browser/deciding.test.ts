import type { Browser } from "playwright-core";
import type { DeliveryState } from "../../../sidecar/domain/delivery";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { hirePerson, type Person } from "../../support/people";
import { Seed, type SeededSystem } from "../../support/seed-states";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "../support/e2e-stack";

const BUTTONS: [state: DeliveryState, buttons: string[]][] = [
  ["held", ["Retry now", "Read again and send", "Cancel…"]],
  ["dead", ["Retry now", "Read again and send", "Cancel…"]],
  ["retry", ["Retry now", "Read again and send", "Hold", "Cancel…"]],
  ["pending", ["Read again and send", "Hold", "Cancel…"]],
  ["waiting", ["Read again and send", "Hold", "Cancel…"]],
  ["unknown", ["Read again and send", "Hold", "Cancel…"]],
  ["processing", []],
  ["delivered", ["Read again and send", "Send again as it was"]],
  ["cancelled", ["Read again and send", "Send again as it was"]],
  ["superseded", ["Read again and send", "Send again as it was"]],
];

/** What people may decide about deliveries, and that deciding works from the screen (RES-05, SEC-01). */
describe("deciding about deliveries", () => {
  let admin: OdooApi;
  let browser: Browser;
  let seed: Seed;
  let crm: SeededSystem;
  let operator: Person;
  let viewer: Person;
  let asOperator: OdooWindow;
  let asViewer: OdooWindow;

  beforeAll(async () => {
    const stack = e2eStack();
    admin = await OdooApi.signIn(stack);
    seed = await Seed.open(stack, admin);
    await seed.aloneOn("res.partner");
    crm = await seed.system("Deciding CRM");
    await seed.rule("res.partner", [crm], {
      domain: JSON.stringify([["ref", "=", seed.suffix]]),
      payload_fields: "name",
    });
    operator = await hirePerson(stack, admin, "operator");
    viewer = await hirePerson(stack, admin, "viewer");
    browser = await launchBrowser();
    asOperator = await OdooWindow.open(browser, operator.api);
    asViewer = await OdooWindow.open(browser, viewer.api);
  });

  afterEach(async () => {
    expect([...(await asOperator.takeProblems()), ...(await asViewer.takeProblems())]).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await seed?.clear();
    await operator?.remove();
    await viewer?.remove();
  });

  const deliveryIn = async (state: DeliveryState): Promise<number> => {
    const record = await seed.record("res.partner", { name: `${seed.suffix} ${state}`, ref: seed.suffix });
    const delivery = await seed.onlyDelivery(record, crm);
    await seed.put(delivery, state);
    return delivery;
  };

  const becomes = async (delivery: number, state: DeliveryState): Promise<void> => {
    await waitFor(`delivery ${delivery} to be ${state}`, async () => (await seed.stateOf(delivery)) === state);
  };

  test.each(BUTTONS)("offers an operator what makes sense for a delivery that is %s", async (state, buttons) => {
    await asOperator.goTo(`integration-deliveries/${await deliveryIn(state)}`);
    expect(await asOperator.headerButtons()).toEqual(buttons);
  });

  test("lets a viewer look, without a button to press and without the data that was sent", async () => {
    const held = await deliveryIn("held");
    await asViewer.goTo(`integration-deliveries/${held}`);
    expect(await asViewer.headerButtons()).toEqual([]);
    await asViewer.page.getByRole("tab", { name: "History" }).waitFor();
    expect(await asViewer.page.getByRole("tab", { name: "What was recorded" }).count()).toBe(0);
    await asViewer.goTo("integration-deliveries");
    await asViewer.page.locator("thead .o_list_record_selector input").click();
    expect(await asViewer.page.getByRole("button", { name: "Retry" }).count()).toBe(0);
  });

  test("retries several deliveries at once from the list", async () => {
    const held = await deliveryIn("held");
    const dead = await deliveryIn("dead");
    await asOperator.goTo("integration-deliveries");
    await asOperator.searchFor(seed.suffix);
    await asOperator.page.locator("thead .o_list_record_selector input").click();
    await asOperator.page.getByRole("button", { name: "Retry", exact: true }).click();
    await asOperator.page.locator(".o_notification", { hasText: "Goes again" }).waitFor();
    await becomes(held, "pending");
    await becomes(dead, "pending");
  });

  test("asks for a reason before it cancels, and keeps it where everybody sees it", async () => {
    const held = await deliveryIn("held");
    await asOperator.goTo(`integration-deliveries/${held}`);
    await asOperator.page.getByRole("button", { name: "Cancel…" }).click();
    const dialog = asOperator.page.locator(".modal");
    await dialog.getByPlaceholder("Why should this not be sent?").fill("Customer asked to be forgotten");
    await dialog.getByRole("button", { name: "Cancel the deliveries" }).click();
    await becomes(held, "cancelled");
    await asOperator.goTo(`integration-deliveries/${held}`);
    const banner = asOperator.page.locator(".o_form_sheet .alert:visible");
    expect(await banner.innerText()).toContain("Cancelled: Customer asked to be forgotten");
    expect(await asOperator.page.locator(".o_data_row td[name=reason]").first().innerText()).toContain("forgotten");
  });

  test("holds a delivery and releases it again", async () => {
    const pending = await deliveryIn("pending");
    await asOperator.goTo(`integration-deliveries/${pending}`);
    await asOperator.page.getByRole("button", { name: "Hold", exact: true }).click();
    await becomes(pending, "held");
    await asOperator.page.getByRole("button", { name: "Release" }).click();
    await becomes(pending, "pending");
  });

  test("sends a delivered change again as it was", async () => {
    const delivered = await deliveryIn("delivered");
    await asOperator.goTo(`integration-deliveries/${delivered}`);
    await asOperator.page.getByRole("button", { name: "Send again as it was" }).click();
    await becomes(delivered, "pending");
  });

  test("reads a record again and sends it as it is now, beside the old delivery", async () => {
    const record = await seed.record("res.partner", { name: `${seed.suffix} again`, ref: seed.suffix });
    const first = await seed.onlyDelivery(record, crm);
    await seed.put(first, "delivered");
    await asOperator.goTo(`integration-deliveries/${first}`);
    await asOperator.page.getByRole("button", { name: "Read again and send" }).click();
    await waitFor("a second delivery", async () => (await seed.deliveries(record, crm)).length === 2);
    expect(await seed.stateOf(first)).toBe("delivered");
  });

  test("leads from a blocked delivery to the one it waits behind", async () => {
    const record = await seed.record("res.partner", { name: `${seed.suffix} blocked`, ref: seed.suffix });
    await admin.write("res.partner", [record.id], { name: `${seed.suffix} blocked twice` });
    const [first = 0, second = 0] = await seed.deliveries(record, crm);
    await seed.put(first, "held");
    await seed.put(second, "waiting");
    await asOperator.goTo(`integration-deliveries/${second}`);
    await asOperator.page.getByText("Waiting behind an earlier change that needs attention").waitFor();
    await asOperator.page.locator("[name=blocked_by_id] a").click();
    await asOperator.page.getByText("Fill in the country, then retry.").waitFor();
  });
});
