import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Pool } from "pg";
import { OdooApi } from "../../support/odoo-api";
import { SandboxControl } from "../../support/sandbox-control";
import { installStarterRules } from "../../support/starter-rules";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";

const stack = e2eStack();
const sandbox = new SandboxControl(stack.sandbox.url);
let odoo: OdooApi;
let exchanges: Exchanges;
let database: Pool;
let company: number;
const phone = `+32 2 ${Math.floor(Math.random() * 9_000_000)}`;

beforeAll(async () => {
  odoo = await OdooApi.signIn(stack);
  await installStarterRules(odoo);
  exchanges = new Exchanges(odoo);
  database = new Pool({ connectionString: stack.postgres.adminUrl });
  company = await odoo.create("res.partner", { name: `Traced ${randomUUID()}`, is_company: true, phone });
  await exchanges.settled("res.partner", [company]);
});

afterAll(() => database?.end());

describe("replay from Odoo (RES-04)", () => {
  it("sends the same payload again, and keeps both attempts", async () => {
    const [delivery] = await exchanges.of("res.partner", [company]);
    const before = (await sandbox.journal("hubspot")).length;
    await odoo.call("integration.delivery", "action_send_again", [[delivery?.id]]);
    expect(await exchanges.settled("res.partner", [company])).toMatchObject([{ id: delivery?.id, state: "delivered" }]);
    expect((await sandbox.journal("hubspot")).length).toBeGreaterThan(before);
    const outcomes = await odoo.read<{ outcome: string }>(
      "integration.attempt",
      [["delivery_id", "=", delivery?.id]],
      ["outcome"],
    );
    expect(outcomes.map((attempt) => attempt.outcome).filter((outcome) => outcome === "delivered")).toHaveLength(2);
  });

  it("reads the record as it is now and sends that, as a delivery of its own", async () => {
    const [delivery] = await exchanges.of("res.partner", [company]);
    await odoo.call("integration.delivery", "action_read_again", [[delivery?.id]]);
    const deliveries = await exchanges.settled("res.partner", [company], 2);
    expect(deliveries.map((d) => d.state)).toEqual(["delivered", "delivered"]);
  });
});

describe("one trace id (OBS-01)", () => {
  it("goes from the change in Odoo to the vendor's request and back into the attempt", async () => {
    const { rows } = await database.query<{ event: string; attempt: string }>(
      `SELECT e.traceparent AS event, a.traceparent AS attempt
       FROM integration_attempt a JOIN integration_delivery d ON d.id = a.delivery_id JOIN integration_event e ON e.id = d.event_id
       WHERE d.model = 'res.partner' AND d.res_id = $1 AND a.outcome = 'delivered' ORDER BY a.id LIMIT 1`,
      [company],
    );
    const traceId = rows[0]?.event.split("-")[1] ?? "";
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(rows[0]?.attempt.split("-")[1]).toBe(traceId);
    const received = (await sandbox.journal("hubspot")).filter(
      (entry) => entry.traceparent?.includes(traceId) === true,
    );
    expect(received.length).toBeGreaterThan(0);
  });
});

describe("the sidecar's log (OBS-02, SEC-03, SEC-07)", () => {
  it("names the trace and the record, and holds neither secrets nor personal values", async () => {
    const log = await readFile(stack.logs.sidecar, "utf8");
    expect(log).toContain(`res.partner,${company}`);
    expect(log).not.toContain(phone);
    for (const secret of [stack.odoo.serviceKey ?? "", stack.sidecar.adminToken, "sandbox-hubspot-accessToken"]) {
      expect(secret).not.toBe("");
      expect(log).not.toContain(secret);
    }
  });
});
