import { Client } from "pg";
import { openQueueDatabase, type QueueDatabase } from "../../support/queue-database";
import { explained, sequentialScans, type Explained } from "./plans";

/** Enough that a sequential scan of what has ended would cost more than looking up what is open; seconds to write. */
const FINISHED = 60_000;
const OPEN = 2_000;
const BATCH = 50;

let database: QueueDatabase;
let client: Client;
/** By function: its plans in a session that has planned it while the queue was empty. */
const early = new Map<string, Explained[]>();

beforeAll(async () => {
  database = await openQueueDatabase();
  await database.fixture.system("hubspot");
  client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  const session = new Client({ connectionString: database.adminUrl });
  await session.connect();
  for (const [, call, values] of PLANNED_ONCE) await session.query(call, values);
  await fill(client);
  await session.query("BEGIN");
  for (const [name, call, values] of PLANNED_ONCE) early.set(name, await explained(session, call, values));
  await session.query("ROLLBACK");
  await session.end();
  await client.query(
    "ANALYZE integration_delivery, integration_event, integration_event_payload, integration_link, integration_attempt",
  );
}, 600_000);

afterAll(async () => {
  await client?.end();
  await database?.close();
});

/** One call of each function of the contract, with what makes it do its work. */
const CALLS: [name: string, call: string, values: unknown[]][] = [
  ["claim", "SELECT * FROM integration_hub.claim('w', 'hubspot', $1, 60, $1)", [BATCH]],
  ["renew", "SELECT integration_hub.renew('w', ARRAY(SELECT generate_series(1, $1)), 60)", [BATCH]],
  ["settle", "SELECT * FROM integration_hub.settle('w', $1::jsonb)", [JSON.stringify(results())]],
  ["unpark", "SELECT integration_hub.unpark('hubspot', $1)", [lanes()]],
  ["links", "SELECT * FROM integration_hub.links('hubspot', $1)", [lanes()]],
  ["reap", "SELECT integration_hub.reap()", []],
  ["replay", "SELECT integration_hub.replay(ARRAY(SELECT generate_series(1, $1)), 'somebody', true)", [BATCH]],
  ["health", "SELECT integration_hub.health()", []],
  ["pause", "SELECT integration_hub.pause('hubspot', 'manual', 'a test', NULL)", []],
  ["resume", "SELECT integration_hub.resume('hubspot')", []],
  ["systems", "SELECT * FROM integration_hub.systems()", []],
  [
    "find_deliveries",
    `SELECT integration_hub.find_deliveries('{"system": "hubspot", "states": ["held"]}', $1)`,
    [BATCH],
  ],
];

/** What a sidecar calls all the time: sessions keep their plans. */
const PLANNED_ONCE = CALLS.filter(([name]) => ["claim", "settle", "unpark"].includes(name));

describe("the statements of the queue's functions (PERF-01, PERF-03)", () => {
  it.each(CALLS)("%s reads no table of the queue from its beginning to its end", async (_name, call, values) => {
    const plans = await explained(client, call, values);
    expect(plans.length).toBeGreaterThan(0);
    expect(sequentialScans(plans)).toEqual([]);
  });

  it.each(PLANNED_ONCE)("%s keeps to its indexes where its plan was made while the queue was empty", (name) => {
    const plans = early.get(name) ?? [];
    expect(plans.length).toBeGreaterThan(0);
    expect(sequentialScans(plans)).toEqual([]);
  });

  it("would be noticed if one did", async () => {
    const plans = await explained(client, "SELECT count(*) FROM integration_delivery WHERE res_name = $1", ["nobody"]);
    expect(sequentialScans(plans)).toHaveLength(1);
  });
});

function lanes(): string[] {
  return Array.from({ length: BATCH }, (_, index) => `res.partner,${FINISHED + index + 1}`);
}

/** Every outcome, for deliveries that the claim before has taken. */
function results(): object[] {
  const outcomes = ["delivered", "unchanged", "retry", "held", "unknown", "waiting", "released", "applied"];
  return Array.from({ length: BATCH }, (_, index) => {
    const outcome = outcomes[index % outcomes.length];
    const sent = outcome === "delivered" || outcome === "unchanged" || outcome === "applied";
    return {
      id: FINISHED + index + 1,
      claims: 1,
      outcome,
      started_at: new Date().toISOString(),
      ended_at: new Date().toISOString(),
      ...(sent
        ? {
            link: {
              type: "company",
              external_id: `new-${index}`,
              url: null,
              fingerprint: "f",
              removed: index % 3 === 0,
            },
          }
        : {}),
      ...(sent ? {} : { error: { kind: "technical", code: "http_503", message: "m", hint: "h" } }),
      ...(outcome === "waiting" ? { wait_for: `res.partner,${index + 1}` } : {}),
    };
  });
}

/** Finished deliveries with links and attempts, then open ones, each of a record of its own; numbers are ids. */
async function fill(on: Client): Promise<void> {
  const all = FINISHED + OPEN;
  await on.query(`
    INSERT INTO integration_event (id, event_type, object, operation, model, res_id, res_name, traceparent, occurred_at, create_date)
    SELECT g, 'customer.changed', 'customer', 'write', 'res.partner', g, 'Record', '00-0-0-01', now(), now() FROM generate_series(1, ${all}) AS g;
    INSERT INTO integration_event_payload (event_id, payload) SELECT g, '{"record": {"id": 1}}' FROM generate_series(1, ${all}) AS g;
    INSERT INTO integration_delivery (id, event_id, system_id, lane, model, res_id, res_name, object, event_type, operation, state, error_kind,
      priority, coalesce, forced, verify, attempts, create_date, done_at)
    SELECT g, g, s.id, 'res.partner,' || g, 'res.partner', g, 'Record', 'customer', 'customer.changed', 'write',
      CASE WHEN g <= ${FINISHED} THEN 'delivered' WHEN g <= ${FINISHED + OPEN / 2} THEN 'pending' ELSE 'held' END,
      CASE WHEN g > ${FINISHED + OPEN / 2} THEN 'data' END, 50, true, false, false, 0, now(), CASE WHEN g <= ${FINISHED} THEN now() END
    FROM generate_series(1, ${all}) AS g, integration_system s WHERE s.code = 'hubspot';
    INSERT INTO integration_link (system_id, lane, model, res_id, res_name, object, external_type, external_id, synced_at, active)
    SELECT s.id, 'res.partner,' || g, 'res.partner', g, 'Record', 'customer', 'company', 'ext-' || g, now(), true
    FROM generate_series(1, ${FINISHED}) AS g, integration_system s WHERE s.code = 'hubspot';
    INSERT INTO integration_attempt (delivery_id, system_id, number, worker, started_at, ended_at, duration_ms, outcome, create_date)
    SELECT g, s.id, 1, 'w', now(), now(), 1, 'delivered', now()
    FROM generate_series(1, ${FINISHED}) AS g, integration_system s WHERE s.code = 'hubspot'`);
}
