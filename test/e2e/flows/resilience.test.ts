import { randomUUID } from "node:crypto";
import { up } from "../../stack/up";
import { OdooApi } from "../../support/odoo-api";
import { SandboxControl } from "../../support/sandbox-control";
import { installStarterRules } from "../../support/starter-rules";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";

const stack = e2eStack();
const sandbox = new SandboxControl(stack.sandbox.url);
let odoo: OdooApi;
let exchanges: Exchanges;

beforeAll(async () => {
  odoo = await OdooApi.signIn(stack);
  await installStarterRules(odoo);
  exchanges = new Exchanges(odoo);
});

afterEach(() => sandbox.heal());

const company = (name: string): object => ({ name, is_company: true });

describe("while the sidecar is down (RES-01)", () => {
  it("users go on working, and what they did is delivered when it is back", async () => {
    await up({ name: stack.name, withSidecar: false });
    const client = await odoo.create("res.partner", company(`Client ${randomUUID()}`));
    const [product] = await odoo.search("product.product", [
      ["type", "=", "service"],
      ["service_tracking", "=", "no"],
      ["sale_ok", "=", true],
    ]);
    const line = [0, 0, { product_id: product, product_uom_qty: 3, price_unit: 900 }];
    const order = await odoo.create("sale.order", { partner_id: client, order_line: [line] });
    await odoo.call("sale.order", "action_confirm", [[order]]);
    expect((await exchanges.of("sale.order", [order])).map((d) => d.state)).toEqual(["pending"]);

    await up({ name: stack.name, withSidecar: true });
    expect(await exchanges.settled("sale.order", [order])).toMatchObject([{ state: "delivered" }]);
  }, 120_000);
});

describe("a vendor that fails for a while (RES-02)", () => {
  it("is tried again until it answers, and the record arrives once", async () => {
    const name = `Flaky ${randomUUID()}`;
    await sandbox.fail({
      system: "hubspot",
      match: { method: "POST" },
      fault: { kind: "status", status: 503 },
      times: 2,
    });
    const id = await odoo.create("res.partner", company(name));
    expect(await exchanges.settled("res.partner", [id])).toMatchObject([{ state: "delivered" }]);
    expect(await withText("hubspot", "company", name)).toHaveLength(1);
  });

  it("keeps its own deliveries waiting and nobody else's (RES-09)", async () => {
    await sandbox.fail({ system: "hubspot", match: { method: "POST" }, fault: { kind: "status", status: 503 } });
    const id = await odoo.create("res.partner", company(`Stuck ${randomUUID()}`));
    const employee = await odoo.create("hr.employee", {
      name: "Ida Rhodes",
      work_email: `${randomUUID()}@example.com`,
    });
    expect(await exchanges.settled("hr.employee", [employee], 1, "bamboohr")).toMatchObject([{ state: "delivered" }]);
    expect(await exchanges.of("res.partner", [id])).not.toMatchObject([{ state: "delivered" }]);
    await sandbox.heal();
    expect(await exchanges.settled("res.partner", [id])).toMatchObject([{ state: "delivered" }]);
  }, 90_000);
});

describe("an answer that was lost (RES-05)", () => {
  it("leads to a look-up, not to a second record, where the vendor has no upsert", async () => {
    const email = `${randomUUID()}@example.com`;
    await sandbox.fail({
      system: "bamboohr",
      match: { method: "POST" },
      fault: { kind: "reset_after_apply" },
      times: 1,
    });
    const employee = await odoo.create("hr.employee", { name: "Mary Jackson", work_email: email });
    expect(await exchanges.settled("hr.employee", [employee], 1, "bamboohr")).toMatchObject([{ state: "delivered" }]);
    expect(await withText("bamboohr", "employee", email)).toHaveLength(1);
  });
});

describe("a record that the mapping cannot send (MAP-03)", () => {
  it("is held with the field's name and what to do, while others go on, and goes when it is corrected", async () => {
    const broken = await odoo.create("hr.employee", { name: "Prince", work_email: `${randomUUID()}@example.com` });
    const fine = await odoo.create("hr.employee", { name: "Annie Easley", work_email: `${randomUUID()}@example.com` });
    expect(await exchanges.settled("hr.employee", [fine], 1, "bamboohr")).toMatchObject([{ state: "delivered" }]);
    const [held] = await exchanges.settled("hr.employee", [broken], 1, "bamboohr");
    expect(held).toMatchObject({ state: "held", error_kind: "data" });
    expect(held?.error_field).toBe("employee.givenName");
    expect(held?.error_hint).not.toBe(false);

    await odoo.write("hr.employee", [broken], { name: "Prince Nelson" });
    const states = (await exchanges.settled("hr.employee", [broken], 2, "bamboohr")).map((d) => d.state);
    expect(states).toEqual(["superseded", "delivered"]);
  });
});

async function withText(system: string, type: string, text: string): Promise<unknown[]> {
  return (await sandbox.records(system, type)).filter((record) => JSON.stringify(record).includes(text));
}
