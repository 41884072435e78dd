import type { ClaimedDelivery, Outcome, Settlement } from "../../../sidecar/domain/delivery";
import { seeded } from "../../sandbox/seeded";
import { openQueueDatabase, type QueueDatabase } from "../../support/queue-database";

const SYSTEM = "ordered";
const LANES = 12;
const CHANGES = 400;
const SEED = Number(process.env["HUB_SEED"] ?? Date.now() % 1_000_000);

let database: QueueDatabase;

beforeAll(async () => {
  database = await openQueueDatabase();
  await database.fixture.system(SYSTEM, { maxAttempts: 1_000 });
}, 600_000);

afterAll(async () => {
  await database?.close();
});

describe("three workers, random outcomes and expired leases (RES-05, RES-06, INT-04)", () => {
  it(`deliver every record's changes in order, one at a time, and none is left behind (HUB_SEED=${SEED})`, async () => {
    const random = seeded(SEED);
    const sent = new Map<string, number[]>();
    const inFlight = new Map<string, string>();
    const violations: string[] = [];
    const notes: number[] = [];
    let written = 0;
    let finished = false;

    const user = async (): Promise<void> => {
      for (; written < CHANGES; written += 1) {
        const coalesce = random() < 0.5;
        const lane = `res.partner,${1 + Math.floor(random() * LANES)}`;
        const id = await database.fixture.change({ system: SYSTEM, lane, coalesce });
        if (!coalesce) notes.push(id);
      }
      finished = true;
    };

    /** What a sidecar does with one delivery, as far as order goes: it sends it, or fails in one of the ways there are. */
    const send = async (worker: string, delivery: ClaimedDelivery): Promise<Settlement | null> => {
      const other = inFlight.get(delivery.lane);
      if (other !== undefined) violations.push(`${delivery.lane} is in flight at ${other} and at ${worker}`);
      inFlight.set(delivery.lane, worker);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight.delete(delivery.lane);

      const dice = random();
      if (dice < 0.05) return null; // the worker dies: nobody settles
      const outcome: Outcome = dice < 0.15 ? "retry" : dice < 0.2 ? "unknown" : dice < 0.25 ? "released" : "delivered";
      if (outcome === "delivered") sent.set(delivery.lane, [...(sent.get(delivery.lane) ?? []), delivery.id]);
      const failure = { kind: "technical", code: "dice", message: "The dice said so.", hint: "None." } as const;
      const link = { type: "company", externalId: delivery.lane, url: null, fingerprint: null };
      return {
        id: delivery.id,
        claims: delivery.claims,
        outcome,
        exchange: null,
        ...(outcome === "delivered" ? { link } : outcome === "released" ? {} : { failure }),
      };
    };

    // Leases run out only for workers that died: never while a living one is between its claim and its settle.
    let busy = 0;
    let clock: Promise<unknown> | null = null;
    const letTimePass = async (): Promise<void> => {
      if (busy > 0 || clock !== null) return;
      clock = database.fixture.letTimePass(SYSTEM).then(() => database.queue.reap());
      await clock;
      clock = null;
    };

    const worker = async (name: string): Promise<void> => {
      while (!finished || (await open()) > 0) {
        while (clock !== null) await clock;
        busy += 1;
        const { claimed, parked } = await database.queue.claim(name, SYSTEM, 1 + Math.floor(random() * 10), 60);
        if (parked.length > 0) await database.queue.unpark(SYSTEM, parked);
        const results = (await Promise.all(claimed.map((delivery) => send(name, delivery)))).filter((r) => r !== null);
        if (results.length > 0) await database.queue.settle(name, results);
        if (claimed.length > 0) {
          await database.queue.unpark(
            SYSTEM,
            claimed.map((delivery) => delivery.lane),
          );
        }
        busy -= 1;
        if (claimed.length === 0) await letTimePass();
      }
    };

    const open = async (): Promise<number> => {
      const health = await database.queue.health();
      const counts = health.systems.find((system) => system.code === SYSTEM)?.counts ?? {};
      return Object.values(counts).reduce((sum, n) => sum + n, 0);
    };

    await Promise.all([user(), worker("w1"), worker("w2"), worker("w3")]);

    expect(violations).toEqual([]);
    for (const ids of sent.values()) expect(ids).toEqual([...ids].sort((a, b) => a - b));
    const delivered = [...sent.values()].flat();
    expect(new Set(delivered).size).toBe(delivered.length);
    expect(delivered).toEqual(expect.arrayContaining(notes));
    expect(written).toBe(CHANGES);
  }, 120_000);
});
