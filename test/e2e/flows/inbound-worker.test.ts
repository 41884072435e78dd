import { randomUUID } from "node:crypto";
import { InboundVendor } from "../support/inbound";

/** From a vendor's webhook to Odoo and back out, with real processes: what the worker promises whatever the vendor (INT-02, INT-05, OWN-03). */
describe("a record that changes at the vendor", () => {
  let hubspot: InboundVendor;
  const tag = randomUUID().slice(0, 8);

  beforeAll(async () => {
    hubspot = await InboundVendor.open("hubspot");
  }, 60_000);
  afterAll(async () => {
    await hubspot?.close();
  }, 60_000);

  const partner = async (id: number): Promise<{ name: string; phone: string | false }> => {
    const [row] = await hubspot.odoo.read<{ name: string; phone: string | false }>(
      "res.partner",
      [["id", "=", id]],
      ["name", "phone"],
    );
    if (!row) throw new Error(`Odoo has no contact ${id}.`);
    return row;
  };

  it("is one record in Odoo, as it is last, however often and in whatever order it is told of", async () => {
    await hubspot.subscribe({ copies: 3, disorderSeed: 7 });
    const name = `Often told ${tag}`;
    const id = await hubspot.add("company", { name, domain: `often-${tag}.example` });
    for (const phone of ["+32 2 555 00 01", "+32 2 555 00 02", "+32 2 555 00 03"])
      await hubspot.change("company", id, { phone });
    const found = await hubspot.arrived("company", id);
    expect(await partner(found)).toMatchObject({ name, phone: "+32 2 555 00 03" });
    expect(await hubspot.odoo.search("res.partner", [["name", "=", name]])).toEqual([found]);
    expect((await hubspot.rows("company", id)).map(({ state }) => state)).not.toContain("held");
    await hubspot.subscribe();
  });

  it("is not sent back where it came from, and an edit in Odoo goes out once and does not return", async () => {
    const id = await hubspot.add("company", { name: `Both sides ${tag}`, domain: `both-${tag}.example` });
    const found = await hubspot.arrived("company", id);
    expect(await hubspot.exchanges.of("res.partner", [found])).toMatchObject([{ external_id: id, state: "delivered" }]);

    await hubspot.odoo.write("res.partner", [found], { phone: "+32 2 555 00 09" });
    await hubspot.exchanges.settled("res.partner", [found], 2);
    const [there] = await hubspot.sandbox
      .records("hubspot", "company")
      .then((all) => all.filter((r) => r["id"] === id));
    expect(there?.["fields"]).toMatchObject({ phone: "+32 2 555 00 09" });
    await hubspot.caughtUp();
    // One in, one out: what the vendor told us of our own change made no third.
    expect(await hubspot.exchanges.of("res.partner", [found])).toHaveLength(2);
  });
});
