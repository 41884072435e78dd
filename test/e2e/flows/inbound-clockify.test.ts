import { randomUUID } from "node:crypto";
import { waitFor } from "../../support/wait-for";
import { ClockifyWork, type Project } from "../support/clockify-work";
import type { IncomingRow } from "../support/inbound";

const TIME = "account.analytic.line";

/** Time and expenses that are approved in Clockify reach Odoo, are checked and are billed there (WF-08, WF-09, OBJ-19, OBJ-20). */
describe("what is approved in Clockify", () => {
  const tag = randomUUID().slice(0, 8);
  let work: ClockifyWork;
  let anna: string;
  let bob: string;
  let project: Project;

  beforeAll(async () => {
    work = await ClockifyWork.open(tag);
    [anna, bob] = [await work.joins("Anna"), await work.joins("Bob")];
    project = await work.project("Platform", { hours: 40, price: 100 });
    await work.agreeRate(project, "Anna", { hours: 40, price: 180 });
  }, 90_000);
  afterAll(async () => {
    await work?.close();
  }, 60_000);

  const entry = (who: string, hours: number, day: string, on = project): Promise<string> =>
    work.entry({ userId: who, projectId: on.external, hours, day });

  it("is posted once, under Clockify's user, at the rate agreed for the person; the rest follows when it is approved (OBJ-19)", async () => {
    const [ofAnna, ofBob, open] = [
      await entry(anna, 3, "2026-10-05"),
      await entry(bob, 2, "2026-10-05"),
      await entry(bob, 1, "2026-10-06"),
    ];
    await work.approve({ entryIds: [ofAnna, ofBob] });
    const lines = [await work.line(ofAnna), await work.line(ofBob)];
    expect(lines.map((line) => [line.unit_amount, line.so_line[0], line.date, line.create_uid[1]])).toEqual([
      [3, project.rates["Anna"], "2026-10-05", "Integration: clockify"],
      [2, project.rates[""], "2026-10-05", "Integration: clockify"],
    ]);
    expect(await work.clockify.rows("time_entry", open)).toEqual([]);
    expect(await work.timeOf(project)).toHaveLength(2);

    await work.approve({ entryIds: [open, ofBob] });
    expect((await work.line(open)).unit_amount).toBe(1);
    expect(await work.timeOf(project)).toHaveLength(3);
  });

  it("follows what becomes of it there, though Clockify's messages are lost (REC-04)", async () => {
    const lost = await work.project("Lost messages", { hours: 40, price: 100 });
    const ids = [await entry(bob, 4, "2026-10-05", lost), await entry(bob, 5, "2026-10-06", lost)];
    const [edited = "", deleted = ""] = ids;
    const withdrawn = await entry(bob, 6, "2026-10-07", lost);
    await work.approve({ entryIds: ids });
    const handedIn = await work.approve({ entryIds: [withdrawn] });
    const { id } = await work.line(edited);
    await work.line(deleted);
    await work.line(withdrawn);
    await work.clockify.look("timesheet", { sweep: true });
    await work.clockify.close();
    await work.changeHours(edited, 2);
    await work.clockify.remove("time_entry", deleted);
    await work.decide(handedIn, "WITHDRAWN_APPROVAL");
    await work.clockify.look("timesheet", { sweep: true });
    await work.clockify.subscribe();
    await waitFor("the withdrawn and deleted hours to go", async () => (await work.timeOf(lost)).length === 1);
    expect(await work.line(edited)).toMatchObject({ id, unit_amount: 2 });
  });

  it("brings along whom nobody told of, and follows once an operator has said who that is (OBJ-02)", async () => {
    const carl = await work.person("Carl", { unnoticed: true });
    const early = await entry(carl.external, 2, "2026-10-06");
    await work.approve({ entryIds: [early] });
    expect(await work.clockify.rows("time_entry", early)).toMatchObject([
      { state: "waiting", error_code: "reference_missing" },
    ]);
    await work.link("user", carl.external, carl.id);
    expect((await work.line(early)).unit_amount).toBe(2);
  });

  it("waits in the queue of the check that found something, until an operator lets it pass (WF-08)", async () => {
    const closed = await work.project("Closed", { hours: 10, price: 100 });
    const unpriced = await work.project("Unpriced", null);
    const small = await work.project("Small", { hours: 2, price: 100 });
    const left = await work.joins("Left");
    await work.odoo.write("project.project", [closed.id], { active: false });
    await work.leave("Left", "2026-09-30");
    const found = {
      project_closed: await entry(bob, 1, "2026-10-07", closed),
      not_eligible: await entry(left, 1, "2026-10-07"),
      no_rate: await entry(bob, 1, "2026-10-07", unpriced),
      cap_exceeded: await entry(bob, 3, "2026-10-07", small),
    };
    await work.approve({ entryIds: Object.values(found) });
    const held: IncomingRow[] = [];
    for (const id of Object.values(found)) held.push(await work.held("time_entry", id));
    expect(held.map((row) => row.error_code)).toEqual(Object.keys(found));
    expect(held.at(-1)?.error_message).toMatch(/3.00 hours are 1.00 more than what is left .* 2.00 hours are left/);
    for (const [code, row] of Object.keys(found).map((code, at) => [code, held[at]] as const))
      expect(await work.queueOf(row?.id ?? 0)).toMatchObject({ code, state: "open" });

    await work.odoo.call("integration.delivery", "action_accept", [[held.at(-1)?.id]], { reason: "Agreed by phone" });
    expect((await work.line(found.cap_exceeded)).unit_amount).toBe(3);
    expect(await work.clockify.linked("time_entry", found.no_rate)).toBeUndefined();
  });

  it("is locked there once it is billed, and late time goes to the next period (OBJ-19, TST-08)", async () => {
    const billing = await work.project("Billing", { hours: 40, price: 100 });
    const first = await entry(bob, 4, "2026-10-08", billing);
    await work.approve({ entryIds: [first] });
    const line = await work.line(first);
    await work.invoice(billing, "2026-10-31");
    const told = await work.clockify.exchanges.until("the billing to be told", TIME, [line.id], "clockify", (rows) =>
      rows.some(({ event_type: event, state }) => event === "timesheet.billed" && state === "delivered"),
    );
    expect(told.map(({ event_type: event, external_id: id }) => [event, id])).toEqual([
      ["timesheet.approved", first],
      ["timesheet.billed", first],
    ]);
    expect(await work.stored("time_entry", first)).toMatchObject({ invoiced: true, isLocked: true });

    await work.changeHours(first, 6);
    expect(await work.held("time_entry", first)).toMatchObject({ error_code: "accounting_outcome" });
    expect((await work.line(first)).unit_amount).toBe(4);

    const late = await entry(bob, 1, "2026-10-09", billing);
    await work.approve({ entryIds: [late] });
    expect(await work.line(late)).toMatchObject({ date: "2026-11-01", unit_amount: 1, timesheet_invoice_id: false });
    expect(await work.timeOf(billing)).toHaveLength(2);
  });

  it.each(["credit", "cancel"] as const)(
    "is free there again when its invoice is taken back (%s), and may be corrected (OBJ-19, EVT-09)",
    async (takeBack) => {
      const billing = await work.project(`Taken back by ${takeBack}`, { hours: 40, price: 100 });
      const id = await entry(bob, 4, "2026-10-08", billing);
      await work.approve({ entryIds: [id] });
      const line = await work.line(id);
      const toldOf = async (event: string): Promise<void> => {
        await work.clockify.exchanges.until(`${event} to be told`, TIME, [line.id], "clockify", (rows) =>
          rows.some((row) => row.event_type === event && row.state === "delivered"),
        );
      };
      const invoices = await work.invoice(billing, "2026-10-31");
      await toldOf("timesheet.billed");
      expect(await work.stored("time_entry", id)).toMatchObject({ invoiced: true });

      await work[takeBack](invoices);
      await toldOf("timesheet.unbilled");
      expect(await work.stored("time_entry", id)).toMatchObject({ invoiced: false });
      await work.changeHours(id, 6);
      await waitFor("the correction to arrive", async () => (await work.line(id)).unit_amount === 6);
      expect(await work.timeOf(billing)).toEqual([line.id]);
    },
  );

  it("is there once to be billed and once to be reimbursed, when it is an expense (WF-09, OBJ-20)", async () => {
    const [travel, waiting] = [
      await work.expense({ userId: anna, projectId: project.external, total: 120 }),
      await work.expense({ userId: anna, projectId: project.external, total: 75 }),
    ];
    await work.approve({ expenseIds: [travel] });
    const id = await work.clockify.arrived("expense", travel);
    await work.post(id);
    await waitFor("the expense to be billed", async () => (await work.billedExpenses(project)).length > 0);
    expect(await work.billedExpenses(project)).toEqual([120]);
    expect(await work.reimbursed(id)).toEqual({ state: "posted", amount_residual: 120 });
    expect(await work.clockify.rows("expense", waiting)).toEqual([]);
  });
});
