import { randomUUID } from "node:crypto";
import { block, kill, restart, slow, unblock, type Way } from "../../stack/disturb";
import { silent } from "../../stack/progress";
import { withClient } from "../../stack/postgres/server";
import { OdooApi } from "../../support/odoo-api";
import { SandboxControl } from "../../support/sandbox-control";
import { installStarterRules } from "../../support/starter-rules";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges, type Delivery } from "../support/exchanges";

/** What the sidecar works with goes away and comes back, with a real Odoo and the stack's own commands (TST-11, RES-01). */
const stack = e2eStack();
const sandbox = new SandboxControl(stack.sandbox.url);
let odoo: OdooApi;
let exchanges: Exchanges;

beforeAll(async () => {
  odoo = await OdooApi.signIn(stack);
  await installStarterRules(odoo);
  exchanges = new Exchanges(odoo);
});

afterEach(async () => {
  await sandbox.heal();
  await heal();
});

const disturbed: (() => Promise<void>)[] = [];
const cut = async (way: Way): Promise<void> => {
  disturbed.push(async () => await unblock(stack.name, way));
  await block(stack.name, way);
};
const heal = async (): Promise<void> => {
  for (const undo of disturbed.splice(0)) await undo();
};

/** Of containers only whole ones can be stopped. */
const asProcesses = stack.mode === "native" ? it : it.skip;

const companies = async (tag: string, count: number): Promise<number[]> => {
  const values = Array.from({ length: count }, (_, n) => ({ name: `${tag} ${n}`, is_company: true }));
  return await odoo.call<number[]>("res.partner", "create", [values]);
};
const arrived = async (tag: string): Promise<string[]> =>
  (await sandbox.records("hubspot", "company"))
    .map((record) => (record["fields"] as { name: string }).name)
    .filter((name) => name.startsWith(tag))
    .sort();
/** A company that was there before the hub: written past Odoo, so that nothing recorded it. */
const companyUnknownToTheHub = async (name: string): Promise<number> =>
  await withClient(stack.postgres.adminUrl, async (client) => {
    const { rows } = await client.query<{ id: number }>(
      `INSERT INTO res_partner SELECT (made.company).* FROM (
         SELECT jsonb_populate_record(p, jsonb_build_object('id', n.id, 'commercial_partner_id', n.id, 'name', $1::text, 'complete_name', $1::text,
           'vat', NULL, 'ref', NULL, 'email', NULL, 'email_normalized', NULL, 'website', NULL)) AS company
         FROM res_partner p, (SELECT nextval('res_partner_id_seq') AS id) AS n
         WHERE p.is_company AND p.parent_id IS NULL LIMIT 1 OFFSET 0) AS made
       RETURNING id`,
      [name],
    );
    const [company] = rows;
    if (!company) throw new Error("Odoo has no company to copy.");
    return company.id;
  });
const expectOnceEach = async (tag: string, deliveries: Delivery[], count: number): Promise<void> => {
  expect(deliveries.map(({ state }) => state)).toEqual(Array<string>(count).fill("delivered"));
  expect(await arrived(tag)).toEqual(Array.from({ length: count }, (_, n) => `${tag} ${n}`).sort());
};

describe("Odoo's API out of reach while the queue is not", () => {
  asProcesses(
    "holds back nothing that does not need it; what needs it follows by itself",
    async () => {
      const tag = randomUUID();
      await cut("odoo-api");
      const ids = await companies(tag, 3);
      await expectOnceEach(tag, await exchanges.settled("res.partner", ids, 3), 3);

      // This one needs it: its company was there before the hub, and only Odoo can be asked to send it.
      const contact = await odoo.create("res.partner", {
        name: "Ann Example",
        parent_id: await companyUnknownToTheHub(`${tag} before the hub`),
        email: `${tag}@example.com`,
      });
      await exchanges.until(
        "the contact to be on its way",
        "res.partner",
        [contact],
        "hubspot",
        (all) => all.length > 0,
      );
      expect(await exchanges.of("res.partner", [contact])).not.toMatchObject([{ state: "delivered" }]);
      await heal();
      expect(await exchanges.settled("res.partner", [contact])).toMatchObject([{ state: "delivered" }]);
    },
    120_000,
  );
});

describe("Odoo itself", () => {
  it("killed and started again: what users did before is delivered meanwhile, what they do after as well", async () => {
    const tag = randomUUID();
    await cut("sandbox");
    const before = await companies(`${tag} before`, 5);
    await kill(stack.name, "odoo");
    await heal();
    await restart(stack.name, "odoo", { progress: silent });
    const after = await companies(`${tag} after`, 5);
    await expectOnceEach(`${tag} before`, await exchanges.settled("res.partner", before, 5), 5);
    await expectOnceEach(`${tag} after`, await exchanges.settled("res.partner", after, 5), 5);
  }, 240_000);
});

describe("Postgres under Odoo and the hub", () => {
  it.each([
    ["restarted", false],
    ["stopped as by a crash and recovered", true],
  ])(
    "%s while deliveries are on the way: each arrives, once",
    async (_how, immediate) => {
      const tag = randomUUID();
      await sandbox.fail({ system: "hubspot", fault: { kind: "slow_answer", delayMs: 300 } });
      const ids = await companies(tag, 40);
      await restart(stack.name, "postgres", { progress: silent, immediate });
      await sandbox.heal();
      await expectOnceEach(tag, await exchanges.settled("res.partner", ids, 40, "hubspot", 90_000), 40);
    },
    240_000,
  );

  asProcesses(
    "slow to answer the sidecar alone: deliveries take longer and all arrive",
    async () => {
      const tag = randomUUID();
      disturbed.push(async () => await slow(stack.name, "postgres-queue", 0));
      await slow(stack.name, "postgres-queue", 200);
      const ids = await companies(tag, 10);
      await expectOnceEach(tag, await exchanges.settled("res.partner", ids, 10), 10);
    },
    120_000,
  );
});
