import { randomUUID } from "node:crypto";
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

const company = (name = `Company ${randomUUID()}`): object => ({ name, is_company: true, phone: "+32 2 555 01 02" });

describe("200 companies created in one call (DES-01, DES-02)", () => {
  it("make 200 events and 200 links, and each company is in the CRM once", async () => {
    const tag = randomUUID();
    const ids = await odoo.call<number[]>("res.partner", "create", [
      Array.from({ length: 200 }, (_unused, n) => company(`Bulk ${n} ${tag}`)),
    ]);
    const deliveries = await exchanges.settled("res.partner", ids, 200);
    expect(deliveries.map((d) => d.state)).toEqual(Array<string>(200).fill("delivered"));

    const events = await odoo.search("integration.event", [
      ["model", "=", "res.partner"],
      ["res_id", "in", ids],
    ]);
    expect(events).toHaveLength(200);
    const links = await odoo.read<{ external_id: string }>(
      "integration.link",
      [
        ["model", "=", "res.partner"],
        ["res_id", "in", ids],
      ],
      ["external_id"],
    );
    expect(new Set(links.map((link) => link.external_id)).size).toBe(200);
    const remote = (await sandbox.records("hubspot", "company")).filter((record) =>
      JSON.stringify(record).includes(tag),
    );
    expect(remote).toHaveLength(200);
  });
});

describe("one company", () => {
  let id: number;
  const count = async (): Promise<number> => (await exchanges.of("res.partner", [id])).length;

  beforeAll(async () => {
    id = await odoo.create("res.partner", company());
    await exchanges.settled("res.partner", [id]);
  });

  it("goes to the CRM again exactly once when its phone changes (EVT-15)", async () => {
    await odoo.write("res.partner", [id], { phone: "+32 2 999 88 77" });
    const deliveries = await exchanges.settled("res.partner", [id], 2);
    expect(deliveries.map((d) => [d.operation, d.state])).toEqual([
      ["create", "delivered"],
      ["write", "delivered"],
    ]);
    expect(JSON.stringify(await sandbox.records("hubspot", "company"))).toContain("+32 2 999 88 77");
  });

  it("makes no delivery when the same value is written again", async () => {
    await odoo.write("res.partner", [id], { phone: "+32 2 999 88 77" });
    expect(await count()).toBe(2);
  });

  it("makes no delivery when a field changes that no mapping reads (SEC-07)", async () => {
    await odoo.write("res.partner", [id], { comment: "<p>For our eyes only</p>" });
    expect(await count()).toBe(2);
  });

  it("makes no delivery when the change is rolled back (DES-01)", async () => {
    // One call is one transaction: the second record is refused, and the first one's change goes with it.
    const refused = odoo.call("res.partner", "write", [[id], { phone: "+32 2 000 00 00", parent_id: id }]);
    await expect(refused).rejects.toThrow();
    expect(await count()).toBe(2);
  });

  it("makes one delivery when it is archived, and one when it is taken back", async () => {
    await odoo.call("res.partner", "action_archive", [[id]]);
    expect((await exchanges.settled("res.partner", [id], 3)).at(-1)).toMatchObject({
      operation: "archive",
      state: "delivered",
    });
    await odoo.call("res.partner", "action_unarchive", [[id]]);
    expect((await exchanges.settled("res.partner", [id], 4)).at(-1)).toMatchObject({
      operation: "unarchive",
      state: "delivered",
    });
  });

  it("makes one delivery when it is deleted, and the CRM no longer has it", async () => {
    const [first] = await exchanges.of("res.partner", [id]);
    await odoo.unlink("res.partner", [id]);
    expect((await exchanges.settled("res.partner", [id], 5)).at(-1)).toMatchObject({
      operation: "unlink",
      state: "delivered",
    });
    const ids = (await sandbox.records("hubspot", "company")).map((record) => record["id"]);
    expect(ids).not.toContain(first?.external_id);
  });
});
