import type { JsonObject } from "../../../sidecar/domain/json";

/** What a firm's month end changes, as the addon records it. */
export interface Change {
  object: "timesheet" | "invoice" | "customer";
  id: number;
  record: JsonObject;
}

/** Each with a project, a company at the CRM and an account at the bookkeeping service. */
export const CLIENTS = 100;

const MODELS = { timesheet: "account.analytic.line", invoice: "account.move", customer: "res.partner" };
const WRITTEN = "2026-11-30T18:00:00.123Z";

/** An entry of `integration_hub_private.enqueue`. */
export function entry({ object, id, record }: Change, systemId: number, priority: number): object {
  const model = MODELS[object];
  return {
    event_type: `${object}.changed`,
    object,
    priority,
    coalesce: true,
    operation: "create",
    model,
    res_id: id,
    res_name: `${object} ${id}`,
    company_id: 1,
    user_id: 2,
    changed: "",
    forced: false,
    payload: JSON.stringify({ record: { id, display_name: `${object} ${id}`, write_date: WRITTEN, ...record } }),
    system_ids: [systemId],
  };
}

export function timesheet(id: number): Change {
  const record = {
    date: "2026-11-27",
    unit_amount: 7.5,
    name: `Workshop on the data platform, part ${id}`,
    validated: true,
    employee_id: { id: id % 400, model: "hr.employee", name: `Employee ${id % 400}` },
    project_id: {
      id: 1 + (id % CLIENTS),
      model: "project.project",
      name: `S00017 - Data platform ${1 + (id % CLIENTS)}`,
    },
    task_id: { id: id % 900, model: "project.task", name: "Kick-off" },
    order_id: { id: 1 + (id % CLIENTS), model: "sale.order", name: "S00017" },
  };
  return { object: "timesheet", id, record };
}

export function invoice(id: number): Change {
  const customer = 1 + (id % CLIENTS);
  const company = { id: customer, model: "res.partner", name: `Customer ${customer}`, is_company: true };
  const record = {
    name: `INV/2026/${String(id).padStart(5, "0")}`,
    move_type: "out_invoice",
    state: "posted",
    payment_state: "not_paid",
    invoice_date: "2026-11-30",
    invoice_date_due: "2026-12-30",
    currency_id: { id: 1, model: "res.currency", name: "EUR" },
    amount_untaxed: 1000,
    amount_tax: 210,
    amount_total: 1210,
    amount_residual: 1210,
    payment_reference: `INV/2026/${id}`,
    invoice_origin: "S00017",
    commercial_partner_id: { ...company, type: "contact", partner_share: true, employee: false },
    partner_id: { ...company, type: "contact", partner_share: true, employee: false },
    reversed_entry_id: null,
    invoice_user_id: null,
    invoice_line_ids: [],
  };
  return { object: "invoice", id, record };
}

export function customer(id: number): Change {
  const record = { name: `Customer ${id}`, is_company: true, active: true, email: `info@customer-${id}.example` };
  return { object: "customer", id, record };
}
