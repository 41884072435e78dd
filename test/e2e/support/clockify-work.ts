import { sandboxCredential } from "../../stack/hub-config";
import { WORKSPACE } from "../../sandbox/vendors/clockify-answers";
import type { OdooApi } from "../../support/odoo-api";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "./e2e-stack";
import { InboundVendor, type IncomingRow } from "./inbound";

/** A project of Odoo and its like in Clockify. */
export interface Project {
  id: number;
  external: string;
  order: number;
  /** Sales order items, by the person for whom they were agreed; "": everybody else's. */
  rates: Record<string, number>;
}

/** What was sold: hours at a price each. */
interface Sold {
  hours: number;
  price: number;
}

interface Line {
  id: number;
  date: string;
  unit_amount: number;
  so_line: [number, string];
  create_uid: [number, string];
  timesheet_invoice_id: [number, string] | false;
}

const LINE = ["id", "date", "unit_amount", "so_line", "create_uid", "timesheet_invoice_id"] as const;

/** A firm that works on projects: what its people do in Clockify, its managers approve there, and its accountants do in Odoo. */
export class ClockifyWork {
  private readonly people = new Map<string, number>();
  private category = "";
  private travel = 0;

  private constructor(
    readonly clockify: InboundVendor,
    private readonly tag: string,
    private readonly customer: number,
    private readonly hour: number,
  ) {}

  static async open(tag: string): Promise<ClockifyWork> {
    const clockify = await InboundVendor.open("clockify");
    const { odoo } = clockify;
    const customer = await odoo.create("res.partner", { name: `Customer ${tag}`, is_company: true });
    return new ClockifyWork(clockify, tag, customer, await odoo.ref("uom.product_uom_hour"));
  }

  get odoo(): OdooApi {
    return this.clockify.odoo;
  }

  async close(): Promise<void> {
    await this.clockify.close();
  }

  // -- what is set up once ------------------------------------------------------------------------------------

  /** Somebody of Odoo who joins Clockify and was linked; answers the user's id there. */
  async joins(name: string): Promise<string> {
    const { id, external } = await this.person(name);
    await this.link("user", external, id);
    return external;
  }

  /** Somebody of Odoo and of Clockify. `unnoticed`: Clockify tells nobody. */
  async person(name: string, { unnoticed = false } = {}): Promise<{ id: number; external: string }> {
    const values = { name: `${name} ${this.tag}`, work_email: `${name.toLowerCase()}-${this.tag}@example.com` };
    const id = await this.odoo.create("hr.employee", values);
    this.people.set(name, id);
    if (unnoticed) await this.clockify.close();
    const external = await this.clockify.add("user", { name: values.name, email: values.work_email });
    if (unnoticed) await this.clockify.subscribe();
    return { id, external };
  }

  async leave(name: string, day: string): Promise<void> {
    await this.odoo.write("hr.employee", [this.people.get(name) ?? 0], { active: false, departure_date: day });
  }

  /** A billed project on an order of its own; `sold` null: nobody agreed on a price. */
  async project(name: string, sold: Sold | null): Promise<Project> {
    const order = await this.odoo.create("sale.order", { partner_id: this.customer });
    const rate = sold && (await this.sell(order, name, sold));
    if (sold) await this.odoo.call("sale.order", "action_confirm", [[order]]);
    const values = {
      name: `${name} ${this.tag}`,
      allow_timesheets: true,
      allow_billable: true,
      partner_id: this.customer,
      sale_line_id: rate ?? false,
      privacy_visibility: "employees",
    };
    const id = await this.odoo.create("project.project", values);
    const external = await this.clockify.add("project", { name: values.name });
    await this.link("project", external, id);
    return { id, external, order, rates: rate === null ? {} : { "": rate } };
  }

  async agreeRate(project: Project, name: string, sold: Sold): Promise<void> {
    const rate = await this.sell(project.order, name, sold);
    const values = { project_id: project.id, employee_id: this.people.get(name), sale_line_id: rate };
    await this.odoo.create("project.sale.line.employee.map", values);
    project.rates[name] = rate;
  }

  private async sell(order: number, name: string, { hours, price }: Sold): Promise<number> {
    const product = await this.odoo.create("product.product", {
      name: `${name} ${this.tag}`,
      type: "service",
      service_policy: "delivered_timesheet",
      uom_id: this.hour,
      list_price: price,
      taxes_id: [[6, 0, []]],
    });
    const values = { order_id: order, product_id: product, product_uom_qty: hours, price_unit: price };
    return await this.odoo.create("sale.order.line", values);
  }

  /** What an operator does with a user or project that came in and was found in Odoo: says that it is this one. */
  async link(type: string, external: string, id: number): Promise<void> {
    const row = await this.held(type, external);
    const action = await this.odoo.call<{ res_id: number }>("integration.delivery", "action_choose_record", [[row.id]]);
    const [candidate] = await this.odoo.search("integration.inbound.candidate", [
      ["link_id", "=", action.res_id],
      ["res_id", "=", id],
    ]);
    await this.odoo.call("integration.inbound.candidate", "action_link", [[candidate]]);
    expect(await this.clockify.arrived(type, external)).toBe(id);
  }

  // -- what happens in Clockify -------------------------------------------------------------------------------

  async entry(given: { userId: string; projectId: string; hours: number; day: string }): Promise<string> {
    const { userId, projectId, hours, day } = given;
    const fields = { userId, projectId, description: "Workshop", billable: true, timeInterval: spanOf(day, hours) };
    return await this.clockify.add("time_entry", fields);
  }

  /** Somebody with the right to edits an entry that is locked. */
  async changeHours(id: string, hours: number): Promise<void> {
    const { timeInterval } = await this.stored("time_entry", id);
    const day = (timeInterval as { start: string }).start.slice(0, 10);
    await this.clockify.change("time_entry", id, { timeInterval: spanOf(day, hours) });
  }

  async expense(given: { userId: string; projectId: string; total: number }): Promise<string> {
    if (this.category === "") {
      this.category = await this.clockify.add("category", { name: "Travel" });
      const [travel = 0] = await this.odoo.search("product.product", [["default_code", "=", "TRANS & ACC"]]);
      this.travel = travel;
      const untaxed = { taxes_id: [[6, 0, []]], supplier_taxes_id: [[6, 0, []]] };
      await this.odoo.write("product.product", [travel], { expense_policy: "cost", ...untaxed });
    }
    const fields = { notes: `Train ${given.total}`, date: "2026-10-12T00:00:00Z", billable: true, quantity: 1 };
    return await this.clockify.add("expense", { ...given, ...fields, categoryId: this.category });
  }

  /** Somebody hands in these entries and expenses, and the manager approves them; answers the request's id. */
  async approve(what: { entryIds?: string[]; expenseIds?: string[] }): Promise<string> {
    const dateRange = { start: "2026-10-05T00:00:00Z", end: "2026-10-11T23:59:59Z" };
    const id = await this.clockify.add("approval", { ...what, dateRange, state: "PENDING" });
    await this.decide(id, "APPROVED");
    await this.clockify.caughtUp();
    return id;
  }

  /** A manager's decision about what was handed in, or who handed it in takes it back. */
  async decide(id: string, state: "APPROVED" | "WITHDRAWN_APPROVAL"): Promise<void> {
    const url = `${e2eStack().sandbox.url}/clockify/v1/workspaces/${WORKSPACE}/approval-requests/${id}`;
    const answer = await fetch(url, {
      method: "PATCH",
      headers: { "content-type": "application/json", "x-api-key": sandboxCredential("clockify", "apiKey") },
      body: JSON.stringify({ state }),
    });
    expect(answer.status).toBe(200);
  }

  /** The record as Clockify keeps it. */
  async stored(type: string, id: string): Promise<Record<string, unknown>> {
    const records = await this.clockify.sandbox.records("clockify", type);
    return (records.find((record) => record["id"] === id)?.["fields"] ?? {}) as Record<string, unknown>;
  }

  // -- what is in Odoo then -----------------------------------------------------------------------------------

  /** The line of an entry that has arrived. */
  async line(external: string): Promise<Line> {
    const id = await this.clockify.arrived("time_entry", external);
    const [line] = await this.odoo.read<Line>("account.analytic.line", [["id", "=", id]], [...LINE]);
    if (!line) throw new Error(`Odoo has no line ${id}.`);
    return line;
  }

  async timeOf({ id }: Project): Promise<number[]> {
    return await this.odoo.search("account.analytic.line", [["project_id", "=", id]]);
  }

  /** The row of what stands still and waits for a person. */
  async held(type: string, external: string): Promise<IncomingRow> {
    let rows: IncomingRow[] = [];
    await this.clockify.caughtUp();
    await waitFor(`${type} ${external} to be held`, async () => {
      rows = await this.clockify.rows(type, external);
      return rows.at(-1)?.state === "held";
    }).catch((error: Error) => {
      throw new Error(`${error.message}; its rows are ${JSON.stringify(rows)}`);
    });
    return rows.at(-1) as IncomingRow;
  }

  /** The queue in which the row stands: the open problem. */
  async queueOf(row: number): Promise<{ code: string; state: string } | undefined> {
    // Every minute by itself.
    const cron = await this.odoo.ref("integration_hub.cron_problems");
    await this.odoo.call("ir.cron", "method_direct_trigger", [[cron]]);
    let problem = 0;
    await waitFor("the row to stand in a queue", async () => {
      const domain = [["id", "=", row]];
      const fields = ["problem_id"] as const;
      const [found] = await this.odoo.read<{ problem_id: [number, string] | false }>("integration.delivery", domain, [
        ...fields,
      ]);
      problem = found?.problem_id ? found.problem_id[0] : 0;
      return problem !== 0;
    });
    const fields = ["code", "state"] as const;
    const domain = [["id", "=", problem]];
    return (await this.odoo.read<{ code: string; state: string }>("integration.problem", domain, [...fields]))[0];
  }

  // -- what accountants do ------------------------------------------------------------------------------------

  /** Bills all time of the project's order, on this day; answers the invoices of the order. */
  async invoice({ order }: Project, day: string): Promise<number[]> {
    const context = { active_model: "sale.order", active_ids: [order], active_id: order };
    const values = { advance_payment_method: "delivered" };
    const [wizard] = await this.odoo.call<number[]>("sale.advance.payment.inv", "create", [[values]], { context });
    await this.odoo.call("sale.advance.payment.inv", "create_invoices", [[wizard]], { context });
    const [found] = await this.odoo.read<{ invoice_ids: number[] }>(
      "sale.order",
      [["id", "=", order]],
      ["invoice_ids"],
    );
    const invoices = found?.invoice_ids ?? [];
    await this.odoo.write("account.move", invoices, { invoice_date: day });
    await this.odoo.call("account.move", "action_post", [invoices]);
    return invoices;
  }

  /** Takes an invoice back by a credit note over all of it. */
  async credit(invoices: number[]): Promise<void> {
    const context = { active_model: "account.move", active_ids: invoices };
    const [invoice] = await this.odoo.read<{ journal_id: [number, string] }>(
      "account.move",
      [["id", "in", invoices]],
      ["journal_id"],
    );
    const values = { reason: "Wrong", journal_id: invoice?.journal_id[0] };
    const [wizard] = await this.odoo.call<number[]>("account.move.reversal", "create", [[values]], { context });
    await this.odoo.call("account.move.reversal", "refund_moves", [[wizard]], { context });
    const notes = await this.odoo.search("account.move", [["reversed_entry_id", "in", invoices]]);
    await this.odoo.call("account.move", "action_post", [notes]);
  }

  /** Takes an invoice back by setting it to draft and cancelling it. */
  async cancel(invoices: number[]): Promise<void> {
    await this.odoo.call("account.move", "button_draft", [invoices]);
    await this.odoo.call("account.move", "button_cancel", [invoices]);
  }

  /** Posts an approved expense, to be paid back. */
  async post(expense: number): Promise<void> {
    await this.odoo.call("hr.expense", "action_post", [[expense]]);
    const context = { active_ids: [expense], company_paid_move_ids: [] };
    const [wizard] = await this.odoo.call<number[]>("hr.expense.post.wizard", "create", [[{}]], { context });
    await this.odoo.call("hr.expense.post.wizard", "action_post_entry", [[wizard]], { context });
  }

  /** Amounts of expenses on the project's order, each to be billed. */
  async billedExpenses({ order }: Project): Promise<number[]> {
    const lines = await this.odoo.read<{ price_unit: number; qty_delivered: number }>(
      "sale.order.line",
      [
        ["order_id", "=", order],
        ["product_id", "=", this.travel],
      ],
      ["price_unit", "qty_delivered"],
    );
    return lines.map(({ price_unit: price, qty_delivered: quantity }) => price * quantity);
  }

  /** How far an expense has come, and what the employee is still owed for it. */
  async reimbursed(expense: number): Promise<{ state?: string; amount_residual?: number }> {
    const [found] = await this.odoo.read<{ state: string; account_move_id: [number, string] }>(
      "hr.expense",
      [["id", "=", expense]],
      ["state", "account_move_id"],
    );
    const moves = await this.odoo.read<{ amount_residual: number }>(
      "account.move",
      [["id", "=", found?.account_move_id[0] ?? 0]],
      ["amount_residual"],
    );
    return { ...(found && { state: found.state }), ...(moves[0] && { amount_residual: moves[0].amount_residual }) };
  }
}

/** From eight in the morning. */
function spanOf(day: string, hours: number): { start: string; end: string } {
  const start = Date.parse(`${day}T08:00:00Z`);
  return { start: new Date(start).toISOString(), end: new Date(start + hours * 3_600_000).toISOString() };
}
