import { randomUUID } from "node:crypto";
import { Pool } from "pg";
import { OdooApi } from "../../support/odoo-api";
import { SandboxControl } from "../../support/sandbox-control";
import { SidecarProcess } from "../../support/sidecar-process";
import { installStarterRules } from "../../support/starter-rules";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";

const stack = e2eStack();
const sandbox = new SandboxControl(stack.sandbox.url);
let odoo: OdooApi;
let exchanges: Exchanges;
let database: Pool;

beforeAll(async () => {
  odoo = await OdooApi.signIn(stack);
  await installStarterRules(odoo);
  exchanges = new Exchanges(odoo);
  database = new Pool({ connectionString: stack.postgres.adminUrl });
});

afterEach(() => sandbox.heal());
afterAll(() => database?.end());

describe("two sidecars (INT-04)", () => {
  it("share the work, and nothing is done twice", async () => {
    const second = await SidecarProcess.start(stack);
    try {
      // Slow answers, so that one sidecar alone would not get through before the other wakes up.
      await sandbox.fail({ system: "bamboohr", match: {}, fault: { kind: "slow", delayMs: 100 } });
      const tag = randomUUID();
      const ids = await createEmployees(40, tag);
      const deliveries = await exchanges.settled("hr.employee", ids, 40, "bamboohr");
      expect(deliveries.map((d) => d.state)).toEqual(Array<string>(40).fill("delivered"));
      expect(await remoteEmployees(tag)).toHaveLength(40);
      const { rows } = await database.query<{ worker: string }>(
        `SELECT DISTINCT a.worker FROM integration_attempt a JOIN integration_delivery d ON d.id = a.delivery_id
         WHERE d.model = 'hr.employee' AND d.res_id = ANY ($1)`,
        [ids],
      );
      expect(rows.length).toBeGreaterThanOrEqual(2);
    } finally {
      await second.stop();
    }
  }, 120_000);

  it("survive that one of them is killed while it sends: every employee arrives, once (RES-05)", async () => {
    const second = await SidecarProcess.start(stack, (config) => {
      config["delivery"] = { ...config["delivery"], lease_seconds: 10 };
    });
    await sandbox.fail({ system: "bamboohr", match: { method: "POST" }, fault: { kind: "slow", delayMs: 400 } });
    const tag = randomUUID();
    const ids = await createEmployees(30, tag);
    try {
      // The crash comes when it has requests on the way.
      await exchanges.until("some employee to be on its way", "hr.employee", ids, "bamboohr", (all) =>
        all.some((d) => d.state === "processing"),
      );
    } finally {
      await second.kill();
    }
    await sandbox.heal();
    const deliveries = await exchanges.settled("hr.employee", ids, 30, "bamboohr", 120_000);
    expect(deliveries.map((d) => d.state)).toEqual(Array<string>(30).fill("delivered"));
    expect(await remoteEmployees(tag)).toHaveLength(30);
  }, 180_000);
});

async function createEmployees(count: number, tag: string): Promise<number[]> {
  const values = Array.from({ length: count }, (_unused, n) => ({
    name: `Hired Person${n}`,
    work_email: `${n}.${tag}@example.com`,
  }));
  return odoo.call<number[]>("hr.employee", "create", [values]);
}

async function remoteEmployees(tag: string): Promise<unknown[]> {
  return (await sandbox.records("bamboohr", "employee")).filter((record) => JSON.stringify(record).includes(tag));
}
