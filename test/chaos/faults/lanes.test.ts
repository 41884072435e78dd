import type { JsonObject } from "../../../sidecar/domain/json";
import { OPEN_MS, SidecarBench } from "../../integration/sidecar/running-hub";
import { waitFor } from "../../support/wait-for";
import { QuickConnectors } from "./support/quick-connectors";

/** Order per record, whatever fails, and no record in another's way (D3, RES-06). */
describe("lanes under trouble", () => {
  let bench: SidecarBench;
  const quick = new QuickConnectors();
  const watching: (() => void)[] = [];

  beforeAll(async () => {
    bench = await SidecarBench.open();
  }, OPEN_MS);
  afterEach(() => {
    for (const stop of watching.splice(0)) stop();
  });
  beforeEach(async () => {
    await bench.reset();
    await bench.startHub(bench.config({ extra: quick.yaml }));
  });
  afterAll(async () => {
    await bench?.close();
    quick.remove();
  });

  const project = (n: number, version: number, coalesce: boolean): Promise<number> =>
    bench.fixture.change({
      system: "asana",
      lane: `project.project,${n}`,
      object: "project",
      record: { name: `Project ${n} v${version}`, active: true },
      coalesce,
    });
  const remoteProject = (n: number): { id: string; fields: Record<string, unknown> } => {
    const live = bench.sandbox.store.table("asana", "project")?.live() ?? [];
    const found = live.find(({ fields }) => String(fields["notes"] as string).endsWith(`project.project,${n}`));
    if (!found) throw new Error(`There is no project ${n}.`);
    return found;
  };
  /** Every name that a project gets at the vendor from now on. */
  const watchName = (n: number): string[] => {
    const names: string[] = [];
    let last = remoteProject(n).fields["name"];
    watching.push(
      bench.sandbox.store.onChange(() => {
        const name = remoteProject(n).fields["name"];
        if (name !== last) names.push(String((last = name)));
      }),
    );
    return names;
  };
  const refuseChangesOf = (n: number, times: number): void => {
    const match = { method: "PUT", path: `/projects/${remoteProject(n).id}` };
    bench.sandbox.faults.add({ system: "asana", match, fault: { kind: "status", status: 503 }, times });
  };
  const outcomes = async (id: number): Promise<unknown[]> =>
    (await bench.fixture.attempts(id)).map((attempt) => attempt["outcome"]);

  it("three edits arrive in order although the first is retried, and nobody else waits for it", async () => {
    for (let n = 1; n <= 6; n += 1) await bench.reaches(await project(n, 1, false), "delivered");
    const names = watchName(1);
    refuseChangesOf(1, 2);
    const edits = [await project(1, 2, false), await project(1, 3, false), await project(1, 4, false)];
    const others: number[] = [];
    for (let n = 2; n <= 6; n += 1) others.push(await project(n, 2, false));

    for (const id of others) await bench.reaches(id, "delivered");
    expect(names).toEqual([]);
    expect(await bench.fixture.states(edits)).not.toContain("delivered");
    for (const id of edits) await bench.reaches(id, "delivered");
    expect(names).toEqual(["Project 1 v2", "Project 1 v3", "Project 1 v4"]);
    expect(await Promise.all(edits.map(outcomes))).toEqual([
      ["retry", "retry", "delivered"],
      ["delivered"],
      ["delivered"],
    ]);
  });

  it("a later full state takes the place of the unsent ones before it", async () => {
    await bench.reaches(await project(1, 1, true), "delivered");
    const names = watchName(1);
    refuseChangesOf(1, 1);
    const first = await project(1, 2, true);
    await bench.reaches(first, "retry");
    const second = await project(1, 3, true);
    const third = await project(1, 4, true);
    await bench.reaches(third, "delivered");
    expect(await bench.fixture.states([first, second])).toEqual(["superseded", "superseded"]);
    expect(names).toEqual(["Project 1 v4"]);
  });

  it("an invoice waits for its customer, who is refused at first, and starts by itself", async () => {
    const fault = { kind: "status", status: 503 } as const;
    bench.sandbox.faults.add({ system: "hubspot", match: { path: "/crm/v3/objects/companies" }, fault, times: 2 });
    const invoice = await bench.fixture.change({ lane: "account.move,21", object: "invoice", record: INVOICE });
    await bench.reaches(invoice, "held");
    expect(await bench.fixture.delivery(invoice)).toMatchObject({
      wait_for: "res.partner,1",
      error_code: "missing_reference",
    });
    const customer = await bench.fixture.change(company(1));
    await bench.reaches(customer, "delivered");
    await bench.reaches(invoice, "delivered");
    const at = bench.sandbox.store.table("hubspot", "company")?.live()[0]?.id;
    expect(bench.sandbox.store.table("hubspot", "note")?.live()).toMatchObject([
      { fields: { associations: [`company:${at}`] } },
    ]);
  });

  it("a thousand stuck lanes of ten thousand hold up none of the others, and are not claimed again and again", async () => {
    await bench.stopHubs();
    // First in the queue, each with two more changes behind, so that a claim in order of age meets them all.
    await insertMany("stuck", 1, 400, { name: null });
    await insertMany("missing", 401, 700, {
      commercial_partner_id: { id: 99_999, model: "res.partner", is_company: true },
    });
    await insertMany("later", 701, 1_000, {});
    await insertMany("well", 1_001, 10_000, {});
    await bench.startHub(bench.config({ extra: quick.yaml }));
    await waitFor("the other nine thousand", async () => (await counts("well"))["delivered"] === 9_000, {
      timeoutMs: 90_000,
      everyMs: 250,
    });

    // What comes now does not wait for the stuck ones either, however often they are passed.
    const late: number[] = [];
    for (let n = 20_001; n <= 20_100; n += 1) late.push(await bench.fixture.change(company(n)));
    for (const id of late) await bench.reaches(id, "delivered");

    expect(bench.sandbox.store.table("hubspot", "company")?.live()).toHaveLength(9_100);
    expect(await counts("stuck")).toEqual({ held: 400, waiting: 800 });
    expect(await counts("missing")).toEqual({ held: 300, waiting: 600 });
    expect(await counts("later")).toEqual({ retry: 300, waiting: 600 });
    const { rows } = await bench.database.owner.query<{ name: string; claims: number; most: number }>(
      `SELECT res_name AS name, sum(attempts)::int AS claims, max(attempts) AS most FROM integration_delivery
       WHERE res_name IN ('stuck', 'missing', 'later') GROUP BY res_name ORDER BY res_name`,
    );
    expect(rows).toEqual([
      { name: "later", claims: 300, most: 1 },
      { name: "missing", claims: 300, most: 1 },
      { name: "stuck", claims: 400, most: 1 },
    ]);
  }, 180_000);

  /**
   * A change of each of these records, as a mass change in Odoo would record them; of those that will be stuck, two more. `later` has failed once
   * and is due in an hour.
   */
  async function insertMany(name: string, from: number, to: number, record: JsonObject): Promise<void> {
    const contact = name === "missing";
    const payload = JSON.stringify({
      record: { name: `${name}`, is_company: !contact, active: true, ...record },
      changed: [],
      before: {},
    });
    await bench.database.owner.query(
      `WITH changes AS (
         SELECT nextval('integration_event_id_seq') AS event_id, n, turn FROM generate_series($2::int, $3::int) AS n, generate_series(1, $4::int) AS turn
       ), event AS (
         INSERT INTO integration_event (id, event_type, object, operation, model, res_id, res_name, traceparent, txid, occurred_at, create_date)
         SELECT event_id, $5 || '.changed', $5, 'write', 'res.partner', n, $1, '00-' || md5(event_id::text) || '-' || left(md5(n::text), 16) || '-01', txid_current(),
           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC' FROM changes
       ), payload AS (
         INSERT INTO integration_event_payload (event_id, payload)
         SELECT event_id, jsonb_set($6::jsonb, '{record,id}', to_jsonb(n))::text FROM changes
       )
       INSERT INTO integration_delivery (event_id, system_id, lane, model, res_id, res_name, object, event_type, operation, state, priority, coalesce,
         forced, verify, attempts, next_attempt_at, create_date)
       SELECT event_id, s.id, 'res.partner,' || n, 'res.partner', n, $1, $5, $5 || '.changed', 'write', CASE WHEN $7 AND turn = 1 THEN 'retry' ELSE 'pending' END,
         50, false, false, false, CASE WHEN $7 AND turn = 1 THEN 1 ELSE 0 END,
         CASE WHEN $7 AND turn = 1 THEN now() AT TIME ZONE 'UTC' + interval '1 hour' END, now() AT TIME ZONE 'UTC'
       FROM changes, integration_system s WHERE s.code = 'hubspot' ORDER BY event_id`,
      [name, from, to, name === "well" ? 1 : 3, contact ? "contact" : "customer", payload, name === "later"],
    );
  }

  async function counts(name: string): Promise<Record<string, number>> {
    const { rows } = await bench.database.owner.query<{ state: string; n: number }>(
      "SELECT state, count(*)::int AS n FROM integration_delivery WHERE res_name = $1 GROUP BY state ORDER BY state",
      [name],
    );
    return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
  }
});

const company = (n: number): { lane: string; record: JsonObject } => ({
  lane: `res.partner,${n}`,
  record: { name: `Company ${n}`, is_company: true, active: true },
});

const CUSTOMER = { id: 1, model: "res.partner", name: "Company 1", is_company: true };
const INVOICE: JsonObject = {
  display_name: "INV/2026/00021",
  name: "INV/2026/00021",
  move_type: "out_invoice",
  state: "posted",
  payment_state: "not_paid",
  invoice_date: "2026-11-22",
  invoice_date_due: "2026-12-22",
  currency_id: { id: 1, model: "res.currency", name: "EUR" },
  amount_untaxed: 100,
  amount_tax: 21,
  amount_total: 121,
  amount_residual: 121,
  commercial_partner_id: CUSTOMER,
  partner_id: CUSTOMER,
  invoice_line_ids: [],
};
