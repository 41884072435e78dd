import { randomUUID } from "node:crypto";
import { ACCOUNT } from "../../sandbox/vendors/docusign-answers";
import { InboundVendor } from "../support/inbound";

/** A contract that was signed in DocuSign is an order in Odoo: once, complete, confirmed, with the file that was signed (WF-02, OBJ-05). */
describe("a contract signed in DocuSign", () => {
  let docusign: InboundVendor;
  let customer: number;
  const tag = randomUUID().slice(0, 8);
  const vat = belgianTaxNumber();

  beforeAll(async () => {
    docusign = await InboundVendor.open("docusign");
    const { odoo } = docusign;
    customer = await odoo.create("res.partner", { name: `Signatory ${tag}`, is_company: true, vat });
    for (const code of ["CONS", "WORK"]) {
      await odoo.create("product.product", { name: `${code} ${tag}`, default_code: `${code}-${tag}`, type: "service" });
    }
    const known = await odoo.search("crm.tag", [["name", "=", "Fixed fee"]]);
    if (known.length === 0) await odoo.create("crm.tag", { name: "Fixed fee" });
  }, 60_000);
  afterAll(async () => {
    await docusign?.close();
  }, 60_000);

  let envelopes = 0;
  const sent = async (more: Record<string, string> = {}): Promise<string> => {
    const labels = {
      customer_name: `Signatory ${tag}`,
      customer_vat: vat,
      customer_reference: `PO-${tag}-${(envelopes += 1)}`,
      billing_model: "fixed_fee",
      cap: "50000",
      currency: "USD",
      start_date: "2026-12-01",
      end_date: "2027-11-30",
      payment_terms: "30 Days",
      terms: "Travel is billed at cost.",
      line_1_product: `CONS-${tag}`,
      line_1_description: "Discovery",
      line_1_quantity: "10",
      line_1_price: "1000",
      line_2_product: `WORK-${tag}`,
      line_2_description: "Workshop",
      line_2_quantity: "2",
      line_2_price: "1500.5",
      ...more,
    };
    const formData = Object.entries(labels).map(([name, value]) => ({ name, value }));
    return await docusign.add("envelope", { accountId: ACCOUNT, emailSubject: `SOW ${tag}`, status: "sent", formData });
  };
  const ordersOf = async (envelope: string): Promise<number[]> =>
    await docusign.odoo.search("sale.order", [["origin", "=", envelope]]);

  it("makes nothing before it is completed, and then one order, however often DocuSign says so", async () => {
    const envelope = await sent();
    await docusign.change("envelope", envelope, { status: "delivered" });
    await docusign.caughtUp();
    expect(await ordersOf(envelope)).toEqual([]);
    expect(await docusign.rows("envelope", envelope)).toEqual([]);

    await docusign.subscribe({ copies: 5 });
    await docusign.change("envelope", envelope, { status: "completed" });
    const order = await docusign.arrived("envelope", envelope);
    await docusign.subscribe();
    for (let time = 0; time < 5; time += 1) {
      expect(await docusign.sandbox.notify({ system: "docusign", type: "envelope", id: envelope })).toBe(200);
    }
    await docusign.caughtUp();
    expect(await ordersOf(envelope)).toEqual([order]);
    expect(await docusign.rows("envelope", envelope)).toEqual([
      expect.objectContaining({ state: "delivered", model: "sale.order", res_id: order }),
    ]);
  });

  it("has the customer, lines, terms and billing model that were signed, the signed file, and is confirmed", async () => {
    const envelope = await sent();
    await docusign.change("envelope", envelope, { status: "completed" });
    const order = await docusign.arrived("envelope", envelope);
    const { odoo } = docusign;
    expect(
      await docusign.read("sale.order", order, [
        "state",
        "partner_id",
        "client_order_ref",
        "payment_term_id",
        "note",
        "amount_untaxed",
        "create_uid",
      ]),
    ).toMatchObject({
      state: "sale",
      partner_id: [customer, expect.stringContaining(`Signatory ${tag}`)],
      client_order_ref: `PO-${tag}-${envelopes}`,
      payment_term_id: [expect.any(Number), "30 Days"],
      note: expect.stringContaining("Travel is billed at cost.") as string,
      amount_untaxed: 13001,
      create_uid: [expect.any(Number), "Integration: docusign"],
    });
    const lines = await odoo.read<Record<string, unknown>>(
      "sale.order.line",
      [["order_id", "=", order]],
      ["name", "product_uom_qty", "price_unit"],
    );
    expect(lines.map((line) => [line["name"], line["product_uom_qty"], line["price_unit"]])).toEqual([
      ["Discovery", 10, 1000],
      ["Workshop", 2, 1500.5],
    ]);
    const { tag_ids: tags } = await docusign.read("sale.order", order, ["tag_ids"]);
    expect(await odoo.read<{ name: string }>("crm.tag", [["id", "in", tags]], ["name"])).toEqual([
      expect.objectContaining({ name: "Fixed fee" }),
    ]);
    const [file] = await odoo.read<{ name: string; mimetype: string; datas: string }>(
      "ir.attachment",
      [
        ["res_model", "=", "sale.order"],
        ["res_id", "=", order],
      ],
      ["name", "mimetype", "datas"],
    );
    expect(file).toMatchObject({ name: "Contract.pdf", mimetype: "application/pdf" });
    expect(Buffer.from(file?.datas ?? "", "base64").toString("latin1")).toContain(envelope);
  });

  it("with something that Odoo does not know is held with its field, and becomes the order once it does", async () => {
    const code = `LATE-${tag}`;
    const envelope = await sent({ line_2_product: code });
    await docusign.change("envelope", envelope, { status: "completed" });
    await docusign.caughtUp();
    expect(await ordersOf(envelope)).toEqual([]);
    const [row] = await docusign.rows("envelope", envelope);
    expect(row).toMatchObject({ state: "held", error_code: "value_unknown" });
    expect(row?.error_message).toContain(code);
    expect(row?.error_field).toContain("product_id");

    await docusign.odoo.create("product.product", { name: `Late ${tag}`, default_code: code, type: "service" });
    await docusign.odoo.call("integration.delivery", "action_retry", [[row?.id]]);
    const order = await docusign.arrived("envelope", envelope);
    expect(await ordersOf(envelope)).toEqual([order]);
  });
});

/** One that is right by its check digits. */
function belgianTaxNumber(): string {
  const number = 4_000_000 + Math.floor(Math.random() * 5_000_000);
  return `BE0${String(number)}${String(97 - (number % 97)).padStart(2, "0")}`;
}
