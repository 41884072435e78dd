import { randomUUID } from "node:crypto";
import { kill, restart } from "../../stack/disturb";
import { silent } from "../../stack/progress";
import { SidecarProcess } from "../../support/sidecar-process";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "../support/e2e-stack";
import { InboundVendor } from "../support/inbound";

interface SecurityEvent {
  id: number;
  hour: string;
  calls: number;
  activity_ids: number[];
}

/** What salespeople do in HubSpot arrives in Odoo, once, and what Odoo sends there does not come back (WF-01, DES-06, OBJ-01, OBJ-02, OBJ-03). */
describe("HubSpot's changes", () => {
  let hubspot: InboundVendor;
  const tag = randomUUID().slice(0, 8);

  beforeAll(async () => {
    hubspot = await InboundVendor.open("hubspot");
  }, 60_000);
  afterAll(async () => {
    await hubspot?.close();
  }, 60_000);

  const company = async (name: string, more: object = {}): Promise<string> =>
    await hubspot.add("company", { name: `${name} ${tag}`, domain: `${name.toLowerCase()}-${tag}.example`, ...more });

  const person = async (name: string, at: string): Promise<string> =>
    await hubspot.add("contact", {
      firstname: name,
      lastname: tag,
      email: `${name.toLowerCase()}@${tag}.example`,
      associations: [`company:${at}`],
    });

  it("make a company with its parent, under HubSpot's own user", async () => {
    const parent = await company("Holding", { city: "Antwerp" });
    const id = await company("Daughter", { phone: "+32 2 555 03 03", city: "Ghent", hs_parent_company_id: parent });
    const daughter = await hubspot.arrived("company", id);
    const partner = await hubspot.read("res.partner", daughter, [
      "name",
      "is_company",
      "phone",
      "city",
      "parent_id",
      "create_uid",
    ]);
    expect(partner).toMatchObject({
      name: `Daughter ${tag}`,
      is_company: true,
      phone: "+32 2 555 03 03",
      city: "Ghent",
      parent_id: [await hubspot.arrived("company", parent), `Holding ${tag}`],
      create_uid: [expect.any(Number), "Integration: hubspot"],
    });
    // Each keeps its own address, whichever is told of last.
    await hubspot.change("company", parent, { city: "Bruges" });
    const holding = await hubspot.arrived("company", parent);
    const cities = [holding, daughter].map(async (one) => (await hubspot.read("res.partner", one, ["city"]))["city"]);
    expect(await Promise.all(cities)).toEqual(["Bruges", "Ghent"]);
  });

  it("move a person to another company, and take one that HubSpot no longer has out of sight", async () => {
    const from = await company("Former");
    const to = await company("Present");
    const id = await person("Ava", from);
    const contact = await hubspot.arrived("contact", id);
    const employer = async (): Promise<unknown> =>
      (await hubspot.read("res.partner", contact, ["parent_id"]))["parent_id"];
    expect(await employer()).toEqual([await hubspot.arrived("company", from), `Former ${tag}`]);

    await hubspot.change("contact", id, { associations: [`company:${to}`], jobtitle: "Partner" });
    await hubspot.arrived("contact", id);
    expect(await employer()).toEqual([await hubspot.arrived("company", to), `Present ${tag}`]);

    await hubspot.remove("contact", id);
    await hubspot.caughtUp();
    expect(await hubspot.read("res.partner", contact, ["active", "function"])).toMatchObject({
      active: false,
      function: "Partner",
    });
  });

  it("bring a deal with its stage and amount, and win the opportunity when the deal is won (WF-01)", async () => {
    const at = await company("Buyer");
    const id = await hubspot.add("deal", {
      dealname: `Platform ${tag}`,
      dealstage: "qualifiedtobuy",
      amount: "12000",
      closedate: "2026-12-18T00:00:00Z",
      associations: [`company:${at}`],
    });
    const lead = await hubspot.arrived("deal", id);
    const fields = ["name", "type", "stage_id", "won_status", "expected_revenue", "date_deadline", "partner_id"];
    expect(await hubspot.read("crm.lead", lead, fields)).toMatchObject({
      name: `Platform ${tag}`,
      type: "opportunity",
      stage_id: [expect.any(Number), "Qualified"],
      won_status: "pending",
      expected_revenue: 12000,
      date_deadline: "2026-12-18",
      partner_id: [await hubspot.arrived("company", at), expect.stringContaining(`Buyer ${tag}`)],
    });

    await hubspot.change("deal", id, { dealstage: "closedwon", amount: "13500.5" });
    await hubspot.arrived("deal", id);
    expect(await hubspot.read("crm.lead", lead, fields)).toMatchObject({
      stage_id: [expect.any(Number), "Won"],
      won_status: "won",
      expected_revenue: 13500.5,
    });
  });

  it("that Odoo itself made come back as echoes: no row in, and nothing goes out again (OWN-03)", async () => {
    const before = await hubspot.notices();
    const partner = await hubspot.odoo.create("res.partner", { name: `Ours ${tag}`, is_company: true });
    const [first] = await hubspot.exchanges.settled("res.partner", [partner]);
    await hubspot.odoo.write("res.partner", [partner], { phone: "+32 2 555 04 04", city: "Bruges" });
    await hubspot.exchanges.settled("res.partner", [partner], 2);
    await hubspot.caughtUp();
    expect(await hubspot.notices()).toBeGreaterThan(before);
    expect(await hubspot.rows("company", String(first?.external_id))).toEqual([]);
    expect(await hubspot.exchanges.of("res.partner", [partner])).toHaveLength(2);

    // One by a person there lands, and does not go back to where it came from.
    await hubspot.change("company", String(first?.external_id), { city: "Antwerp" });
    await hubspot.arrived("company", String(first?.external_id));
    expect(await hubspot.read("res.partner", partner, ["city", "phone"])).toMatchObject({
      city: "Antwerp",
      phone: "+32 2 555 04 04",
    });
    expect((await hubspot.exchanges.of("res.partner", [partner])).map((row) => row.direction)).toEqual([
      "out",
      "out",
      "in",
    ]);
  });

  it("are applied as they stand at last, whatever the order of their notices and however often they come (RES-05)", async () => {
    await hubspot.subscribe({ copies: 3, disorderSeed: 11 });
    const id = await company("Restless");
    for (const phone of ["1", "2", "3"]) await hubspot.change("company", id, { phone: `+32 2 555 00 0${phone}` });
    const partner = await hubspot.arrived("company", id);
    await hubspot.subscribe();
    expect(await hubspot.read("res.partner", partner, ["phone"])).toMatchObject({ phone: "+32 2 555 00 03" });
    const posted = (await hubspot.sandbox.webhooks("hubspot")).sent.filter((one) => one.id === id);
    expect(posted).toHaveLength(12);
    expect(await hubspot.notices("AND external_id = $2", [id])).toBe(4);
    expect(await hubspot.odoo.search("res.partner", [["name", "=", `Restless ${tag}`]])).toEqual([partner]);
  });

  it.each(["forged", "stale", "altered", "unsigned"] as const)(
    "are refused when they are %s (SEC-11)",
    async (wrong) => {
      const id = (await hubspot.sandbox.records("hubspot", "company"))[0]?.["id"] as string;
      const before = await hubspot.notices();
      expect(await hubspot.sandbox.notify({ system: "hubspot", type: "company", id, wrong })).toBe(401);
      expect(await hubspot.notices()).toBe(before);
    },
  );

  it("are one security event with one activity in Odoo when they are forged, and a hundred more are no other (SEC-11)", async () => {
    const id = (await hubspot.sandbox.records("hubspot", "company"))[0]?.["id"] as string;
    const forge = async (): Promise<void> => {
      const status = await hubspot.sandbox.notify({ system: "hubspot", type: "company", id, wrong: "forged" });
      expect(status).toBe(401);
    };
    const told = async (least: number): Promise<SecurityEvent[]> => {
      let events: SecurityEvent[] = [];
      const domain = [
        ["system_code", "=", "hubspot"],
        ["reason", "=", "bad_signature"],
      ];
      await waitFor(
        `${least} forged calls to be told of in Odoo`,
        async () => {
          const fields = ["calls", "hour", "activity_ids"] as const;
          events = await hubspot.odoo.read<SecurityEvent>("integration.security.event", domain, [...fields]);
          return events.reduce((sum, { calls }) => sum + calls, 0) >= least;
        },
        { timeoutMs: 30_000 },
      );
      return events;
    };
    await forge();
    const [first] = await told(1);
    const before = (await told(1)).reduce((sum, { calls }) => sum + calls, 0);
    for (let call = 0; call < 100; call += 1) await forge();
    const events = await told(before + 100);
    // One for each hour: the clock may strike meanwhile.
    expect(new Set(events.map(({ hour }) => hour)).size).toBe(events.length);
    expect(events.length).toBeLessThanOrEqual(2);
    const activities = events.flatMap(({ activity_ids: ids }) => ids);
    expect(activities).toEqual(first?.activity_ids);
    const people = await hubspot.odoo.read<{ id: number; user_id: [number, string] }>(
      "mail.activity",
      [["id", "in", activities]],
      ["user_id"],
    );
    expect(people.length).toBeGreaterThan(0);
    expect(new Set(people.map(({ user_id: person }) => person[0])).size).toBe(people.length);
  }, 90_000);

  it("made while no sidecar ran meet Odoo's before anything is sent: neither is overwritten, a person is asked (OWN-07)", async () => {
    const stack = e2eStack();
    const id = await company("Twice", { phone: "+32 2 555 06 01" });
    const partner = await hubspot.arrived("company", id);
    await hubspot.look("customer");
    await hubspot.caughtUp();
    await kill(stack.name, "sidecar");
    // Nobody tells of it afterwards either.
    await hubspot.unsubscribe();
    await hubspot.change("company", id, { phone: "+32 2 555 06 02" });
    await hubspot.odoo.write("res.partner", [partner], { phone: "+32 2 555 06 03" });
    const back = await SidecarProcess.start(stack, (config) => {
      config["inbound"] = { ...config["inbound"], poll_minutes: 600 };
    });
    try {
      const asked = async (): Promise<number[]> =>
        (await hubspot.rows("company", id)).filter((row) => row.error_code === "conflict").map((row) => row.id);
      await waitFor("a person to be asked", async () => (await asked()).length === 1, { timeoutMs: 40_000 });
      expect(await phones()).toEqual({ there: "+32 2 555 06 02", here: "+32 2 555 06 03" });
      await hubspot.odoo.call("integration.delivery", "action_take_theirs", [await asked()]);
      await waitFor("theirs to count", async () => (await phones()).here === "+32 2 555 06 02", { timeoutMs: 40_000 });
      await hubspot.exchanges.settled("res.partner", [partner]);
      expect(await phones()).toEqual({ there: "+32 2 555 06 02", here: "+32 2 555 06 02" });
    } finally {
      await back.stop();
      await restart(stack.name, "sidecar", { progress: silent });
      await hubspot.subscribe();
    }

    async function phones(): Promise<{ there: unknown; here: unknown }> {
      const all = await hubspot.sandbox.records("hubspot", "company");
      const fields = all.find((record) => record["id"] === id)?.["fields"] as { phone?: string } | undefined;
      return { there: fields?.phone, here: (await hubspot.read("res.partner", partner, ["phone"]))["phone"] };
    }
  }, 180_000);
});
