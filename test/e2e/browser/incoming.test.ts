import type { Browser } from "playwright-core";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { hirePerson, type Person } from "../../support/people";
import { Seed, type SeededRecord, type SeededSystem } from "../../support/seed-states";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "../support/e2e-stack";

interface Answer {
  key: string;
  state: string;
  delivery_id: number | null;
  res_id: number | null;
  created: boolean;
}

/** What came in and needs a person is settled on the screen (OWN-07, OBJ-02). The test stands in for the sidecar, which reads and hands over. */
describe("settling what came in", () => {
  let admin: OdooApi;
  let browser: Browser;
  let seed: Seed;
  let crm: SeededSystem;
  let people: Record<"operator" | "sidecar" | "nobody", Person>;
  let screen: OdooWindow;
  let turn = 0;

  beforeAll(async () => {
    const stack = e2eStack();
    admin = await OdooApi.signIn(stack);
    seed = await Seed.open(stack, admin);
    await seed.aloneOn("res.partner");
    crm = await seed.system("Incoming CRM");
    people = {
      operator: await hirePerson(stack, admin, "operator"),
      sidecar: await hirePerson(stack, admin, "sidecar"),
      nobody: await hirePerson(stack, admin, "nobody"),
    };
    await admin.write("integration.system", [crm.id], { api_user_id: people.nobody.id });
    await admin.write("res.users", [people.operator.id], {
      group_ids: [[4, await admin.ref("integration_hub.group_confidential"), 0]],
    });
    await seed.rule("res.partner", [crm], {
      domain: JSON.stringify([["ref", "=", seed.suffix]]),
      payload_fields: "name\nphone\nemail",
    });
    browser = await launchBrowser();
    screen = await OdooWindow.open(browser, people.operator.api);
  });

  afterEach(async () => {
    expect(await screen.takeProblems()).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await seed?.clear();
    await Promise.all(Object.values(people ?? {}).map(async (person) => await person.remove()));
  });

  /** What the CRM says a company is now, handed over as the sidecar does. */
  const arrives = async (externalId: string, values: object, more: object = {}): Promise<Answer> => {
    const item = {
      key: `${seed.suffix}-${(turn += 1)}`,
      type: "company",
      external_id: `${seed.suffix}-${externalId}`,
      url: `https://crm.example.com/companies/${externalId}`,
      object: "customer",
      event_type: "customer.changed",
      operation: "upsert",
      fetched_at: new Date().toISOString(),
      occurred_at: new Date().toISOString(),
      canonical: values,
      document: { model: "res.partner", values },
      identify: [
        { as: "taxId", fields: ["vat"], sure: true },
        { as: "name", fields: ["name"] },
      ],
      ...more,
    };
    const [answer] = await people.sidecar.api.call<Answer[]>("integration.inbound", "receive", [crm.code, [item]]);
    if (!answer) throw new Error("no answer");
    return answer;
  };

  /** A company that the CRM knows; nothing of it is on its way. */
  const known = async (externalId: string): Promise<SeededRecord> => {
    const record = await seed.record("res.partner", {
      name: `Quorum ${externalId} ${seed.suffix}`,
      ref: seed.suffix,
      phone: "+32 2 000 00 00",
    });
    await seed.link(record, crm, `${seed.suffix}-${externalId}`, null);
    await seed.put(await seed.onlyDelivery(record, crm), "superseded");
    return record;
  };

  const phoneOf = async (record: SeededRecord): Promise<string> => {
    const [row] = await admin.read<{ phone: string }>("res.partner", [["id", "=", record.id]], ["phone"]);
    return row?.phone ?? "";
  };

  const becomes = async (delivery: number | null, state: string): Promise<void> => {
    await waitFor(`row ${delivery} to be ${state}`, async () => (await seed.stateOf(delivery ?? 0)) === state);
  };

  test("offers the records that it may be, and updates the one that a person links it with", async () => {
    const name = `Quorum Advisory ${seed.suffix} N.V.`;
    const here = await seed.record("res.partner", { name, is_company: true, city: "Ghent" });
    const there = { name: `QUORUM Advisory ${seed.suffix}`, is_company: true, phone: "+32 9 222 22 22" };
    const held = await arrives("dup", there);
    await screen.goTo("integration-incoming-duplicates");
    await screen.page.locator(".o_data_row", { hasText: there.name }).locator(".o_data_cell").first().click();
    await screen.page.locator(".o_form_view").waitFor();
    await screen.viewStands();
    expect(await screen.headerButtons()).toEqual(["Link…", "Create anyway", "Cancel…"]);
    const candidates = screen.page.locator(".o_integration_candidates");
    expect(await candidates.innerText()).toContain(here.name);
    await screen.page.getByRole("button", { name: "Link…" }).click();
    const dialog = screen.page.locator(".modal");
    await dialog.locator(".o_data_row", { hasText: here.name }).getByRole("button", { name: "Link" }).click();
    await becomes(held.delivery_id, "received");
    const applied = await arrives("dup", there);
    expect(applied).toMatchObject({ state: "delivered", res_id: here.id, created: false });
    expect(await phoneOf(here)).toBe("+32 9 222 22 22");
    await screen.goTo(`integration-deliveries/${held.delivery_id}`);
    await screen.page.getByText("Linked by a person").waitFor();
  });

  test.each([
    { button: "Take theirs", phone: "+32 2 222 22 22", outgoing: "superseded" },
    { button: "Keep Odoo's", phone: "+32 2 111 11 11", outgoing: "pending" },
  ])("shows both values of a conflict side by side, and settles it with $button", async (choice) => {
    const record = await known(choice.outgoing);
    await admin.write("res.partner", [record.id], { phone: "+32 2 111 11 11" });
    const ours = Math.max(...(await seed.deliveries(record, crm)));
    const there = { phone: "+32 2 222 22 22" };
    const held = await arrives(choice.outgoing, there);
    expect(await seed.stateOf(ours)).toBe("held");
    await screen.goTo(`integration-deliveries/${held.delivery_id}`);
    const row = screen.page.locator(".o_integration_comparison tr[data-field=phone]");
    expect(await row.innerText()).toMatch(/Phone\s+\+32 2 111 11 11\s+\+32 2 222 22 22/);
    expect(await row.locator(".badge").innerText()).toBe("proposed");
    await screen.page.getByRole("button", { name: choice.button }).click();
    await becomes(held.delivery_id, "received");
    await arrives(choice.outgoing, there);
    await becomes(held.delivery_id, "delivered");
    expect(await phoneOf(record)).toBe(choice.phone);
    expect(await seed.stateOf(ours)).toBe(choice.outgoing);
  });

  test.each([
    { button: "Take theirs", phone: "+32 2 222 22 22", becomes: "received", told: "Theirs taken by a person" },
    { button: "Keep Odoo's", phone: "+32 2 000 00 00", becomes: "cancelled", told: "Odoo's value kept by a person" },
  ])("names the rule of a field that another owns, and settles it with $button", async (choice) => {
    const record = await known(choice.becomes);
    const there = { phone: "+32 2 222 22 22", city: "Bruges" };
    const reason = "Odoo alone changes the phone of a customer.";
    const refused = { not_owned: { phone: { owner: "odoo", rule: "customer.phone", reason } } };
    const held = await arrives(choice.becomes, there, refused);
    const [row] = await admin.read<{ city: string }>("res.partner", [["id", "=", record.id]], ["city"]);
    expect(row?.city).toBe("Bruges");
    await screen.goTo("integration-incoming-not-owner");
    await screen.page.locator(".o_data_row", { hasText: record.name }).locator(".o_data_cell").first().click();
    await screen.page.locator(".o_form_view").waitFor();
    await screen.viewStands();
    const compared = screen.page.locator(".o_integration_comparison tr[data-field=phone]");
    expect(await compared.innerText()).toMatch(/Phone\s+\+32 2 000 00 00\s*proposed\s+\+32 2 222 22 22\s+Odoo alone/);
    await screen.page.getByRole("button", { name: choice.button }).click();
    await becomes(held.delivery_id, choice.becomes);
    const [latest = 0] = (await seed.deliveries(record, crm)).slice(-1);
    const isSentAgain = (await seed.stateOf(latest)) === "pending";
    expect(isSentAgain).toBe(choice.becomes === "cancelled");
    if (isSentAgain) await seed.put(latest, "superseded");
    expect(await arrives(choice.becomes, there, refused)).toMatchObject({ state: "delivered" });
    expect(await phoneOf(record)).toBe(choice.phone);
    await screen.goTo(`integration-deliveries/${held.delivery_id}`);
    await screen.page.getByText(choice.told).waitFor();
  });
});
