import type { PoolClient } from "pg";
import { delivered } from "../../support/queue-contract/settlements";
import { openQueueDatabase, type QueueDatabase } from "../../support/queue-database";

const SYSTEM = "kept";
/** 200,000 for the figure in docs/performance.md. */
const OLD = Number(process.env["HUB_RETENTION_ROWS"] ?? 30_000);
const CHUNK = 5_000;
const ROUNDS = 25;
const BATCH = 20;

let database: QueueDatabase;
let system: number;

beforeAll(async () => {
  database = await openQueueDatabase();
}, 600_000);

beforeEach(async () => {
  await database.owner.query(
    "TRUNCATE integration_attempt, integration_link, integration_delivery, integration_event_payload, integration_event CASCADE",
  );
  system = await database.fixture.system(SYSTEM);
});

afterAll(async () => {
  await database?.close();
});

/** So many finished changes, each so many days old, with payload, attempt and link. */
async function history(count: number, days: number, state = "delivered"): Promise<void> {
  await database.owner.query(
    `WITH source AS (SELECT n, now() AT TIME ZONE 'UTC' - make_interval(days => $2) AS at FROM generate_series(1, $1::int) AS n),
     events AS (
       INSERT INTO integration_event (event_type, object, operation, model, res_id, res_name, traceparent, occurred_at, create_date)
       SELECT 'customer.changed', 'customer', 'write', 'res.partner', n, 'Company ' || n, md5(n::text), at, at FROM source
       RETURNING id, res_id, occurred_at),
     payloads AS (INSERT INTO integration_event_payload (event_id, payload) SELECT id, repeat('x', 300) FROM events),
     deliveries AS (
       INSERT INTO integration_delivery (event_id, system_id, lane, model, res_id, res_name, object, event_type, operation, state, priority,
         coalesce, attempts, done_at, create_date)
       SELECT id, $3, 'res.partner,' || res_id, 'res.partner', res_id, 'Company ' || res_id, 'customer', 'customer.changed', 'write', $4, 50,
         true, 1, occurred_at, occurred_at FROM events
       RETURNING id, done_at)
     INSERT INTO integration_attempt (delivery_id, system_id, number, outcome, started_at, ended_at, create_date)
     SELECT id, $3, 1, 'delivered', done_at, done_at, done_at FROM deliveries`,
    [count, days, system, state],
  );
}

interface Chunk {
  looked_at: number | null;
  deleted: number;
  last_id: number | null;
}

/** What Odoo's clock does: chunk by chunk, each in a transaction of its own. Answers how many rows went. */
async function purge(call: string, client: Pick<PoolClient, "query"> = database.owner): Promise<number> {
  let [after, total] = [0, 0];
  for (;;) {
    const { rows } = await client.query<Chunk>(
      `SELECT * FROM integration_hub_private.${call}`.replace("AFTER", String(after)),
    );
    const [chunk] = rows;
    total += chunk?.deleted ?? 0;
    if (!chunk?.looked_at || chunk.last_id === null) return total;
    after = chunk.last_id;
  }
}

const daysAgo = (days: number): string => `(now() AT TIME ZONE 'UTC' - interval '${days} days')`;
const purgePayloads = (days: number, superseded = days): Promise<number> =>
  purge(`purge_payloads(${daysAgo(days)}, ${daysAgo(superseded)}, AFTER, ${CHUNK})`);
const purgeEvents = (days: number): Promise<number> => purge(`purge_events(${daysAgo(days)}, AFTER, ${CHUNK})`);
const purgeAttempts = (days: number): Promise<number> => purge(`purge_attempts(${daysAgo(days)}, AFTER, ${CHUNK})`);

async function count(table: string): Promise<number> {
  const { rows } = await database.owner.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
  return Number(rows[0]?.n);
}

describe("retention (D14)", () => {
  it("deletes the content of what has ended, and keeps what is open, however old", async () => {
    await history(30, 40);
    await history(7, 40, "held");
    await history(5, 10);
    expect(await purgePayloads(30)).toBe(30);
    expect(await count("integration_event_payload")).toBe(12);
    expect(await count("integration_delivery")).toBe(42);
  });

  it("deletes the content of what was superseded sooner", async () => {
    await history(4, 10, "superseded");
    await history(4, 10);
    expect(await purgePayloads(30, 7)).toBe(4);
  });

  it("never sends again what has no content any more, and says why it was left out", async () => {
    await history(3, 40);
    await purgePayloads(30);
    const ids = await database.queue.findDeliveries({ system: SYSTEM }, 10);
    expect(await database.queue.replay(ids, "operator", true)).toEqual([]);
    const order = {
      filter: { system: SYSTEM },
      mode: "same",
      force: true,
      requestedBy: "operator",
      most: null,
    } as const;
    const job = await database.queue.startReplay(order);
    await database.queue.replayStep(10);
    expect((await database.queue.replayJobs([job], 1))[0]).toMatchObject({ queued: 0, skipped: 3 });
    expect(await count(`integration_replay_skip WHERE replay_id = ${job} AND reason = 'payload_gone'`)).toBe(3);
  });

  it("deletes old events with their deliveries; attempts outlive them and still say what they were about", async () => {
    await history(20, 200);
    await history(2, 200, "dead");
    await history(3, 100);
    expect(await purgeEvents(180)).toBe(20);
    expect(await count("integration_event")).toBe(5);
    expect(await count("integration_delivery")).toBe(5);
    expect(await count("integration_attempt")).toBe(25);
    const { rows } = await database.owner.query(
      "SELECT model, res_name, event_type FROM integration_attempt WHERE delivery_id IS NULL ORDER BY id LIMIT 1",
    );
    expect(rows).toEqual([{ model: "res.partner", res_name: "Company 1", event_type: "customer.changed" }]);
    expect(await purgeAttempts(150)).toBe(20);
    expect(await count("integration_attempt")).toBe(5);
  });

  it(`goes through ${OLD} rows without holding up a claim or a settle`, async () => {
    await history(OLD, 200);
    await database.owner.query(
      "ANALYZE integration_event, integration_event_payload, integration_delivery, integration_attempt",
    );
    let lane = 0;
    const round = async (): Promise<number> => {
      for (let n = 0; n < BATCH; n += 1)
        await database.fixture.change({ system: SYSTEM, lane: `res.partner,${9_000_000 + lane++}` });
      const began = performance.now();
      const { claimed } = await database.queue.claim("w1", SYSTEM, BATCH, 60);
      await database.queue.settle(
        "w1",
        claimed.map(({ id, claims }) => ({ ...delivered(id, `remote-${id}`), claims })),
      );
      expect(claimed).toHaveLength(BATCH);
      return performance.now() - began;
    };
    const rounds = async (): Promise<number[]> => {
      const times: number[] = [];
      for (let n = 0; n < ROUNDS; n += 1) times.push(await round());
      return times.sort((a, b) => a - b);
    };
    await rounds();
    const alone = await rounds();
    let purging = true;
    const deleted = purgePayloads(30)
      .then(async (payloads) => [payloads, await purgeEvents(180), await purgeAttempts(150)])
      .finally(() => (purging = false));
    const beside: number[] = [];
    while (purging) beside.push(await round());
    beside.sort((a, b) => a - b);
    expect(await deleted).toEqual([OLD, OLD, OLD]);
    const figures = {
      alone: alone[ROUNDS >> 1] ?? 0,
      beside: beside[beside.length >> 1] ?? 0,
      most: beside.at(-1) ?? 0,
      rounds: beside.length,
    };
    if (process.env["HUB_FIGURES"]) process.stdout.write(`${JSON.stringify(figures)}\n`);
    // The purge uses the other core and the disk; waiting for its locks would cost whole chunks.
    expect(figures.beside / figures.alone).toBeLessThan(4);
  }, 240_000);
});
