import { Pool } from "pg";
import pino from "pino";
import type { ClaimedDelivery, Settlement } from "../../sidecar/domain/delivery";
import { PostgresQueue } from "../../sidecar/odoo/postgres-queue";
import { startPostgresWithOdooTemplate } from "../stack/database";
import { terminalProgress } from "../stack/progress";
import { DURABLE } from "../stack/postgres/server";
import { QueueFixture } from "../support/queue-fixture";
import { median } from "./median";
import type { Bench, BenchResult } from "./report";
import { twoVersusOne } from "./two-vs-one";

const SYSTEM = "scale";
const BATCH = 500;
const ROUNDS = 15;

interface Load {
  /** Deliveries that have ended. */
  finished: number;
  /** Deliveries that can be claimed, each of a record of its own. */
  pending: number;
  /** Lanes whose head is held, with one delivery waiting behind it. */
  blockedLanes: number;
}

const LOADS: Record<"small" | "large", Load> = {
  small: { finished: 0, pending: 10_000, blockedLanes: 0 },
  large: { finished: 5_000_000, pending: 1_000_000, blockedLanes: 100_000 },
};

/** Whether a claim and a settle cost the same however full the tables are. */
export const scale: Bench = {
  name: "scale",
  title:
    "one claim and one settle of 500 with millions of rows ÷ with 10,000 pending and nothing else; two sidecars ÷ one",
  async run(): Promise<BenchResult> {
    const progress = terminalProgress();
    const postgres = await startPostgresWithOdooTemplate({ progress, settings: DURABLE });
    try {
      const sides = await Promise.all(
        Object.entries(LOADS).map(async ([name, load]) => {
          const database = await postgres.newDatabase();
          const owner = new Pool({ connectionString: database.url, max: 1 });
          owner.on("error", () => undefined);
          await progress.step(`${name}: ${JSON.stringify(load)}`, () => fill(owner, load));
          return { name, owner, queue: new PostgresQueue({ url: database.url, log: pino({ level: "silent" }) }) };
        }),
      );
      const times: Record<string, number[]> = {};
      for (let round = -2; round < ROUNDS; round += 1) {
        for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
          const timed = await claimAndSettle(side.queue);
          if (round < 0) continue;
          (times[`claim_${side.name}`] ??= []).push(timed.claim);
          (times[`settle_${side.name}`] ??= []).push(timed.settle);
        }
      }
      for (const side of sides) {
        await side.queue.close();
        await side.owner.end();
      }
      const at = (name: string): number => median(times[name] ?? []);
      const shared = await progress.step("one and two sidecars", async () => twoVersusOne(postgres));
      return {
        name: "scale",
        ratios: {
          claim_flat: at("claim_large") / at("claim_small"),
          settle_flat: at("settle_large") / at("settle_small"),
          ...shared.ratios,
        },
        figures: {
          ...Object.fromEntries(Object.keys(times).map((name) => [`${name}_ms`, at(name)])),
          ...shared.figures,
        },
      };
    } finally {
      await postgres.stop();
    }
  },
};

/** Writes the rows without the foreign keys' checks: they are true by construction, and millions of checks say nothing. */
async function fill(owner: Pool, load: Load): Promise<void> {
  await owner.query("SET session_replication_role = replica");
  await new QueueFixture(owner).system(SYSTEM);
  const { finished, pending, blockedLanes } = load;
  await deliveries(owner, finished, "'delivered'", "g % 400000");
  await deliveries(owner, blockedLanes, "'held'", "5000000 + g", "'policy'");
  await deliveries(owner, blockedLanes, "'waiting'", "5000000 + g");
  await deliveries(owner, pending, "'pending'", "10000000 + g");
  await owner.query("SET session_replication_role = origin");
  await owner.query("ANALYZE integration_delivery, integration_event, integration_event_payload");
}

/** `count` deliveries with their events and payloads; `resId` and the others are SQL expressions over g. */
async function deliveries(owner: Pool, count: number, state: string, resId: string, kind = "NULL"): Promise<void> {
  if (count === 0) return;
  const open = state !== "'delivered'";
  await owner.query(
    `WITH numbers AS (SELECT g, nextval('integration_event_id_seq')::int AS event_id FROM generate_series(1, ${count}) AS g),
     events AS (
       INSERT INTO integration_event (id, event_type, object, operation, model, res_id, res_name, traceparent, occurred_at, create_date)
       SELECT event_id, 'customer.changed', 'customer', 'write', 'res.partner', ${resId}, 'Record', '00-0-0-01', now(), now()
       FROM numbers WHERE ${open}),
     payloads AS (
       INSERT INTO integration_event_payload (event_id, payload)
       SELECT event_id, '{"record": {"id": 1, "name": "' || repeat('x', 900) || '"}}' FROM numbers WHERE ${open})
     INSERT INTO integration_delivery (event_id, system_id, lane, model, res_id, res_name, object, event_type, operation, state, error_kind,
       priority, coalesce, forced, verify, attempts, create_date, done_at)
     SELECT event_id, (SELECT id FROM integration_system WHERE code = '${SYSTEM}'), 'res.partner,' || (${resId}), 'res.partner', ${resId}, 'Record',
       'customer', 'customer.changed', 'write', ${state}, ${kind}, 50, true, false, false, 0, now(), CASE WHEN ${open} THEN NULL ELSE now() END
     FROM numbers ORDER BY g`,
  );
}

async function claimAndSettle(queue: PostgresQueue): Promise<{ claim: number; settle: number }> {
  const begun = performance.now();
  const { claimed } = await queue.claim("bench", SYSTEM, BATCH, 60);
  const between = performance.now();
  if (claimed.length !== BATCH) throw new Error(`The claim gave ${claimed.length} of ${BATCH}.`);
  await queue.settle("bench", claimed.map(delivered));
  return { claim: between - begun, settle: performance.now() - between };
}

function delivered({ id, claims, lane }: ClaimedDelivery): Settlement {
  const now = new Date();
  const exchange = { startedAt: now, endedAt: now, request: "POST /records", httpStatus: 201, mapping: "customer@1" };
  return {
    id,
    claims,
    outcome: "delivered",
    exchange,
    link: { type: "record", externalId: lane, url: null, fingerprint: lane },
  };
}
