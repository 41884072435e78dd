import fc from "fast-check";
import pino from "pino";
import { compileChanges, listChanges } from "../../../sidecar/connectors/changes";
import type { ChangesDefinition } from "../../../sidecar/connectors/definition-incoming";
import { ListedRecords } from "../../../sidecar/inbound/listed-records";
import { Poller } from "../../../sidecar/inbound/poller";
import { openStore } from "../../../sidecar/store/database";
import { createMetrics } from "../../../sidecar/telemetry/metrics";
import { openStoreDatabase, type StoreDatabase } from "../store/store-database";

const OPEN_MS = 120_000;
const BEGIN = Date.UTC(2026, 0, 1);
/** The vendor's clock ticks every two seconds; a change is in its list at most so many seconds after it was made. */
const [TICK, LAG, OVERLAP] = [2, 4, 8];

interface Edit {
  id: number;
  /** Seconds until it is made, and from then on until the list shows it. */
  after: number;
  lag: number;
}
/** A look, and what is changed while it is read: one edit before each request. */
type Step = { edit: Edit } | { look: Edit[] };

/** A list as vendors keep it: by time with ties, or in no order; by pages that shift when records move. */
class ListingVendor {
  now = BEGIN;
  private readonly edits: { id: number; at: number; stamp: number; visibleAt: number }[] = [];
  constructor(
    private readonly pageSize: number,
    private readonly ordered: boolean,
  ) {}

  edit({ id, after, lag }: Edit): void {
    this.now += after * 1_000;
    const stamp = this.now - (this.now % (TICK * 1_000));
    this.edits.push({ id, at: this.now, stamp, visibleAt: this.now + lag * 1_000 });
  }

  list(since: number, page: number): { id: string; changed: string }[] {
    const shown = new Map<number, number>();
    for (const { id, stamp, visibleAt } of this.edits) if (visibleAt <= this.now) shown.set(id, stamp);
    const order = this.ordered ? (a: number[], b: number[]) => (a[1] ?? 0) - (b[1] ?? 0) : () => 0;
    return [...shown]
      .sort(([a], [b]) => a - b)
      .sort(order)
      .filter(([, stamp]) => stamp >= since)
      .slice((page - 1) * this.pageSize, page * this.pageSize)
      .map(([id, stamp]) => ({ id: String(id), changed: new Date(stamp).toISOString() }));
  }

  get records(): number[] {
    return [...new Set(this.edits.map(({ id }) => id))];
  }

  lastEdit(record: number): number {
    return Math.max(...this.edits.filter(({ id }) => id === record).map(({ at }) => at));
  }
}

const definition = (ordered: boolean): ChangesDefinition => ({
  request: { method: "GET", path: "/", query: { since: "{since}" } },
  records: "",
  id: "id",
  time: "changed",
  overlapMs: OVERLAP * 1_000,
  ...(ordered && { order: "ascending" as const }),
  pagination: { type: "page", to: { query: "page" } },
});

const edit = fc.record({
  id: fc.integer({ min: 0, max: 4 }),
  after: fc.integer({ min: 0, max: 3 }),
  lag: fc.integer({ min: 0, max: LAG }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  edit.map((made) => ({ edit: made })),
  fc.array(edit, { maxLength: 6 }).map((during) => ({ look: during })),
);

describe("the cursor of a list", () => {
  let database: StoreDatabase;
  let store: ReturnType<typeof openStore>;
  beforeAll(async () => {
    database = await openStoreDatabase();
    store = openStore(database.url);
  }, OPEN_MS);
  afterAll(async () => {
    await store?.destroy();
    await database?.close();
  });

  it("misses no change, whatever the ties, the pages, the order and what is changed meanwhile (REC-04, INT-05)", async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 14 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        async (steps, pageSize, ordered) => {
          const system = `vendor${(run += 1)}`;
          const vendor = new ListingVendor(pageSize, ordered);
          const noticedAt = await follow(system, vendor, steps, definition(ordered));
          // A notice kept after the last edit was made leads to a fetch that shows it.
          for (const record of vendor.records)
            expect({ record, noticed: noticedAt(record) >= vendor.lastEdit(record) }).toEqual({
              record,
              noticed: true,
            });
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);

  /** Goes through the steps, and looks once more after all is to be seen. Answers when a record was last noticed, on the vendor's clock. */
  async function follow(
    system: string,
    vendor: ListingVendor,
    steps: readonly Step[],
    changes: ChangesDefinition,
  ): Promise<(record: number) => number> {
    const compiled = compileChanges(changes);
    const listed = new ListedRecords(store);
    const noticed = new Map<number, number>();
    let during: Edit[] = [];
    const ask = async (_: unknown, { scope }: { scope: { since?: unknown } }, page?: { query?: { page?: string } }) => {
      const made = during.shift();
      if (made) vendor.edit(made);
      const body = vendor.list(Date.parse(scope.since as string), Number(page?.query?.page ?? "1"));
      return Promise.resolve({ answer: { status: 200, headers: {}, body } });
    };
    const poller = new Poller({
      connection: {
        config: { code: system } as never,
        connector: {
          source: {
            changes: (_, since) => listChanges(compiled, since, { ask } as never, { scope: {} } as never),
            deletions: () => [] as never,
            sweeps: () => false,
            listsDeletions: () => false,
          },
        },
      },
      // As the store keeps it, with the vendor's clock for ours.
      listed: Object.assign(Object.create(listed) as ListedRecords, {
        begin: async (...args: Parameters<ListedRecords["begin"]>) => {
          const cursor = await listed.begin(...args);
          return cursor && { ...cursor, startedAt: new Date(vendor.now) };
        },
        take: async (...args: Parameters<ListedRecords["take"]>) => {
          const found = await listed.take(...args);
          const { rows } = await database.admin.query<{ external_id: string }>(
            "UPDATE hub.inbox SET done_at = now() WHERE system = $1 AND done_at IS NULL RETURNING external_id",
            [system],
          );
          for (const { external_id: id } of rows) noticed.set(Number(id), vendor.now);
          return found;
        },
      }),
      types: () => ["deal"],
      told: () => false,
      metrics: createMetrics(),
      log: pino({ level: "silent" }),
    });
    await database.admin.query(
      "INSERT INTO hub.inbound_cursor (system, object, time, known_at) VALUES ($1, 'deal', $2, now())",
      [system, new Date(BEGIN)],
    );
    const look = async (meanwhile: Edit[]): Promise<void> => {
      during = [...meanwhile];
      const [{ failure } = { failure: null }] = await poller.look();
      expect(failure).toBeNull();
    };
    for (const one of steps) {
      if ("edit" in one) vendor.edit(one.edit);
      else await look(one.look);
    }
    vendor.now += (LAG + TICK) * 1_000;
    await look([]);
    return (record) => noticed.get(record) ?? -Infinity;
  }
});
