import type { Browser } from "playwright-core";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { hirePerson, type Person } from "../../support/people";
import { SandboxControl } from "../../support/sandbox-control";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "../support/e2e-stack";
import { InboundVendor } from "../support/inbound";

interface Problem {
  id: number;
  state: "open" | "closed";
  message: string;
  user_id: [number, string] | false;
  activity_ids: number[];
  close_reason: string | false;
}
const FIELDS: (keyof Problem)[] = ["id", "state", "message", "user_id", "activity_ids", "close_reason"];

/** Clockify's approved time cannot be looked for: the people who work in Odoo see it there, and who looks after it is told (OBS-03, REC-04). */
describe("changes that cannot be looked for", () => {
  const sandbox = new SandboxControl(e2eStack().sandbox.url);
  let clockify: InboundVendor;
  let owner: Person;
  let system: { id: number; user_id: [number, string] | false };
  let browser: Browser;
  let odoo: OdooWindow;

  beforeAll(async () => {
    clockify = await InboundVendor.open("clockify");
    owner = await hirePerson(e2eStack(), clockify.odoo, "operator");
    const [row] = await clockify.odoo.read<typeof system>(
      "integration.system",
      [["code", "=", "clockify"]],
      ["user_id"],
    );
    if (!row) throw new Error("Odoo does not know Clockify.");
    system = row;
    await clockify.odoo.write("integration.system", [system.id], { user_id: owner.id });
    browser = await launchBrowser();
    odoo = await OdooWindow.open(browser, owner.api);
  }, 60_000);
  afterAll(async () => {
    await sandbox.heal();
    await clockify.odoo.write("integration.system", [system.id], { user_id: system.user_id && system.user_id[0] });
    await owner?.remove();
    await browser?.close();
    await clockify?.close();
  }, 60_000);

  const problems = async (): Promise<Problem[]> =>
    await clockify.odoo.read<Problem>(
      "integration.problem",
      [
        ["system_id", "=", system.id],
        ["cause", "=like", "poll:%"],
      ],
      FIELDS,
    );
  const look = async (name: string): Promise<void> => {
    const screenshots = process.env["HUB_SCREENSHOTS"];
    if (screenshots) await odoo.page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
  };

  test("are one problem of the system's owner, and stand on its form, card and line with what to do", async () => {
    await sandbox.fail({ system: "clockify", match: { method: "GET" }, fault: { kind: "status", status: 403 } });
    await expect(clockify.look("timesheet")).rejects.toThrow("403");
    await waitFor("the owner to be told", async () => (await problems()).length > 0);
    const [problem, ...others] = await problems();
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ state: "open", user_id: [owner.id, expect.anything()] });
    expect(problem?.message).toContain("Timesheet entry");
    expect(problem?.activity_ids).toHaveLength(1);

    await odoo.goTo(`integration-systems/${system.id}`);
    const details = odoo.page.locator("[name=polls_details]");
    await expect(details.innerText()).resolves.toMatch(/Timesheet entry, since [\s\S]*403[\s\S]*administrator/);
    await look("changes-form");
    await odoo.goTo("integration-systems");
    const card = odoo.page.locator(".o_kanban_record", { hasText: "Clockify" });
    await expect(card.innerText()).resolves.toMatch(/Changes not found:[\s\S]*Timesheet entry/);
    await look("changes-card");
    await odoo.page.locator(".o_switch_view.o_list").click();
    const line = odoo.page.locator(".o_data_row", { hasText: "Clockify" });
    await expect(line.innerText()).resolves.toMatch(/Timesheet entry[\s\S]*\(for /);
    await look("changes-list");
    await odoo.goTo(`integration-problems/${problem?.id}`);
    await odoo.page.locator(".alert-warning", { hasText: "What to do" }).waitFor();
    await look("changes-problem");
    expect(await odoo.takeProblems()).toEqual([]);
  });

  test("are found again: the problem ends by itself with its activity", async () => {
    await sandbox.heal();
    await clockify.look("timesheet");
    await waitFor("the problem to end", async () => (await problems()).every(({ state }) => state === "closed"));
    const [problem] = await problems();
    expect(problem).toMatchObject({ close_reason: "Changes in Clockify are found again.", activity_ids: [] });
    await odoo.goTo(`integration-systems/${system.id}`);
    await odoo.page.locator("[name=last_look_text]").waitFor();
    await expect(odoo.page.locator("[name=polls_details]").isVisible()).resolves.toBe(false);
  });
});
