import type { OdooApi } from "../support/odoo-api";

/** One thing a person does in Odoo; what follows from it in Odoo itself (an order makes a project) belongs to it. */
export interface Step {
  says: string;
  does(): Promise<void>;
}

/** A firm wins a client and starts to work for it: the changes that the demo makes in Odoo, in the order a firm makes them. */
export function story(odoo: OdooApi): Step[] {
  const ids: Record<"company" | "contact" | "deal" | "order" | "project" | "task" | "invoice", number> = {
    ...{ company: 0, contact: 0, deal: 0, order: 0, project: 0, task: 0, invoice: 0 },
  };
  const stamp = new Date().toISOString().slice(11, 19).replaceAll(":", "");
  const client = `Brightwater ${stamp}`;

  return [
    {
      says: "a new client",
      does: async () => {
        const country = await odoo.ref("base.be");
        const address = { street: "Rue de la Loi 16", zip: "1000", city: "Brussels", country_id: country };
        const contact = {
          phone: "+32 2 555 01 02",
          email: "hello@brightwater.example",
          website: "https://brightwater.example",
        };
        ids.company = await odoo.create("res.partner", { name: client, is_company: true, ...address, ...contact });
      },
    },
    {
      says: "its contact person",
      does: async () => {
        const person = {
          name: `Ada Byron ${stamp}`,
          email: `ada.${stamp}@brightwater.example`,
          function: "Head of operations",
        };
        ids.contact = await odoo.create("res.partner", { ...person, parent_id: ids.company, type: "contact" });
      },
    },
    {
      says: "an opportunity",
      does: async () => {
        const deal = {
          name: `Rollout for ${client}`,
          type: "opportunity",
          expected_revenue: 48_000,
          partner_id: ids.company,
        };
        ids.deal = await odoo.create("crm.lead", deal);
      },
    },
    { says: "… is won", does: async () => void (await odoo.call("crm.lead", "action_set_won", [[ids.deal]])) },
    {
      says: "an order is confirmed",
      does: async () => {
        const [product] = await odoo.search("product.product", [
          ["type", "=", "service"],
          ["service_tracking", "=", "no"],
          ["sale_ok", "=", true],
        ]);
        const lines = [
          [0, 0, { product_id: product, product_uom_qty: 10, price_unit: 1_200, name: "Consulting days" }],
        ];
        ids.order = await odoo.create("sale.order", { partner_id: ids.company, order_line: lines });
        await odoo.call("sale.order", "action_confirm", [[ids.order]]);
      },
    },
    {
      says: "a project with two tasks",
      does: async () => {
        const stages = ["To do", "In progress", "Done"].map((name, sequence) => [0, 0, { name, sequence }]);
        ids.project = await odoo.create("project.project", {
          name: `Rollout ${stamp}`,
          partner_id: ids.company,
          type_ids: stages,
        });
        ids.task = await odoo.create("project.task", { name: `Kick-off ${stamp}`, project_id: ids.project });
        await odoo.create("project.task", { name: `Migration plan ${stamp}`, project_id: ids.project });
      },
    },
    {
      says: "a consultant is hired",
      does: async () => {
        const employee = {
          name: `Grace Hopper ${stamp}`,
          work_email: `grace.${stamp}@example.com`,
          job_title: "Consultant",
        };
        await odoo.create("hr.employee", employee);
      },
    },
    {
      says: "an invoice is posted",
      does: async () => {
        const line = [0, 0, { name: "First instalment", quantity: 1, price_unit: 12_000 }];
        const invoice = { move_type: "out_invoice", partner_id: ids.company, invoice_line_ids: [line] };
        ids.invoice = await odoo.create("account.move", invoice);
        await odoo.call("account.move", "action_post", [[ids.invoice]]);
      },
    },
    {
      says: "the client moves",
      does: async () => odoo.write("res.partner", [ids.company], { phone: "+32 2 555 77 88" }),
    },
  ];
}
