import { randomUUID } from "node:crypto";
import { waitFor } from "../../support/wait-for";
import { InboundVendor } from "../support/inbound";

/** How many notices the vendor sends in the story of many: each edit five times, in disorder. `HUB_NOTICES=10000` is the full run. */
const NOTICES = Number(process.env["HUB_NOTICES"] ?? 1_000);
const EDITS = 5;
const COPIES = 5;

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

  it("is as after an ordered clean run, whatever thousands of notices with duplicates and disorder said (TST-04)", async () => {
    const companies = Array.from({ length: NOTICES / EDITS / COPIES }, (_, at) => at);
    const [system = 0] = await hubspot.odoo.search("integration.system", [["code", "=", "hubspot"]]);
    const [limits] = await hubspot.odoo.read<Record<string, number>>(
      "integration.system",
      [["id", "=", system]],
      ["inbound_creates", "inbound_changes"],
    );
    await hubspot.odoo.write("integration.system", [system], { inbound_creates: 100_000, inbound_changes: 100_000 });

    /** The same edits of as many companies; what Odoo has of them in the end, and how many notices it took. */
    const run = async (name: string): Promise<{ partners: unknown[]; notices: number }> => {
      const before = await hubspot.notices();
      const state = (at: number, edit: number): object => ({ phone: `+32 2 ${at} ${edit}`, city: `City ${edit % 3}` });
      const ids: string[] = [];
      for (const at of companies)
        ids.push(
          await hubspot.add("company", {
            name: `${name} ${tag} ${at}`,
            domain: `${name}-${at}-${tag}.example`,
            ...state(at, 0),
          }),
        );
      for (let edit = 1; edit < EDITS; edit += 1)
        for (const at of companies) await hubspot.change("company", ids[at] ?? "", state(at, edit));
      const rest = async (): Promise<boolean> =>
        (await hubspot.sandbox.webhooks("hubspot", 1)).idle && (await hubspot.notices("AND done_at IS NULL")) === 0;
      await waitFor("all of it to be taken", rest, { timeoutMs: 600_000, everyMs: 500 });
      const found = await hubspot.odoo.read<{ id: number; name: string } & Record<string, unknown>>(
        "res.partner",
        [["name", "like", `${name} ${tag}`]],
        ["name", "phone", "city", "is_company"],
      );
      const place = (partner: { name: string }): number => Number(partner.name.split(" ").at(-1));
      const partners = found
        .sort((a, b) => place(a) - place(b))
        .map(({ id: _id, name: its, ...values }) => ({ ...values, at: place({ name: its }) }));
      return { partners, notices: (await hubspot.notices()) - before };
    };

    try {
      const clean = await run("Ordered");
      await hubspot.subscribe({ copies: COPIES, disorderSeed: 11 });
      const disorderly = await run("Disorderly");
      expect(clean.partners).toHaveLength(companies.length);
      expect(disorderly.partners).toEqual(clean.partners);
      // A copy that comes while its like is kept is not kept twice, and the vendor says more than one thing of an edit.
      expect(disorderly.notices).toBeGreaterThanOrEqual(companies.length * EDITS);
    } finally {
      await hubspot.subscribe();
      await hubspot.odoo.write("integration.system", [system], { ...limits, id: undefined });
    }
  }, 1_200_000);
});
