import type { Connector } from "../../../sidecar/connectors";
import { listAll } from "../../../sidecar/inbound/first-load";
import { Inbox } from "../../../sidecar/inbound/inbox";
import { ListedRecords } from "../../../sidecar/inbound/listed-records";
import { InboundRecords } from "../../../sidecar/inbound/records";
import { StoredLoads } from "../../../sidecar/inbound/stored-loads";
import { openStore } from "../../../sidecar/store/database";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { connect, running } from "../../unit/connectors/connect";
import { openStoreDatabase, type StoreDatabase } from "../store/store-database";

const OPEN_MS = 120_000;
const TYPE = { system: "hubspot", object: "company" };

/** What was in a system before, named to the workers, on a real Postgres (MIG-06). */
describe("the list of a first load", () => {
  let database: StoreDatabase;
  let store: ReturnType<typeof openStore>;
  let sandbox: Sandbox;
  let hubspot: Connector;
  let loads: StoredLoads;
  beforeAll(async () => {
    database = await openStoreDatabase();
    store = openStore(database.url);
    loads = new StoredLoads(store);
    sandbox = await startSandbox({ port: 0 });
    hubspot = connect("hubspot", `${sandbox.url}/hubspot`);
  }, OPEN_MS);
  afterAll(async () => {
    await hubspot?.close();
    await sandbox?.close();
    await store?.destroy();
    await database?.close();
  });

  const companies = (count: number): string[] =>
    Array.from(
      { length: count },
      (_, at) => sandbox.store.table("hubspot", "company")?.insert({ name: `C ${at}` }).id ?? "",
    );
  const list = async (onListed?: (added: number) => void, signal = running()): Promise<void> =>
    listAll(await loads.open(TYPE), {
      type: TYPE,
      source: hubspot.source,
      loads,
      signal,
      ...(onListed && { onListed }),
    });
  const done = async (outcome: string): Promise<void> => {
    await store.raw("UPDATE hub.inbox SET done_at = now(), outcome = ? WHERE done_at IS NULL", [outcome]);
  };

  it("goes on where it was interrupted, names every record once, and after everything that is alive", async () => {
    const ids = companies(230);
    const crash = new Error("killed");
    const first = await loads.open(TYPE);
    await expect(
      list(() => {
        throw crash;
      }),
    ).rejects.toBe(crash);
    const second = await loads.open(TYPE);
    expect(second).toMatchObject({ id: first.id, resumed: true, listed: false });
    expect(second.from).not.toBeNull();
    const more = companies(1);
    await list();
    const { rows } = await database.admin.query<{ id: string }>("SELECT external_id AS id FROM hub.inbox");
    expect(rows.map(({ id }) => id).sort()).toEqual([...ids, ...more].sort());
    expect(await loads.state(first.id)).toMatchObject({ listed: 231, open: 231 });

    const live = { key: "1", event: "company.creation", object: "company", change: "changed" as const, item: {} };
    await new Inbox(store).keep("hubspot", [{ ...live, externalId: "new", occurredAt: null }]);
    const claimed = await new InboundRecords(store, "hubspot").claim(3);
    expect(claimed).toMatchObject([
      { externalId: "new", priority: 50, firstLoad: false, namedAt: null },
      { priority: 90, firstLoad: true, namedAt: expect.any(Date) as Date },
      { priority: 90, firstLoad: true, namedAt: expect.any(Date) as Date },
    ]);
  });

  it("says at the end how many ended how; what changes from its beginning on is for looks at what changed", async () => {
    const { id, ...ended } = await loads.open(TYPE);
    expect(ended).toMatchObject({ resumed: true, listed: true });
    await done("created");
    expect(await loads.state(id)).toEqual({ listed: 231, open: 0, outcomes: { created: 231 }, reasons: {} });
    // What stood still shows why, until it goes; what cannot be read yet, too.
    const { rows } = await database.admin.query<{ id: string }>("SELECT external_id AS id FROM hub.inbox LIMIT 3");
    const [went, held, refused] = rows.map((row) => row.id);
    await store.raw(
      `UPDATE hub.inbox SET outcome = CASE external_id WHEN :went THEN 'waiting' WHEN :held THEN 'held' ELSE NULL END,
         done_at = CASE external_id WHEN :refused THEN NULL ELSE done_at END WHERE external_id IN (:went, :held, :refused)`,
      { went, held, refused },
    );
    await store.raw(
      `INSERT INTO hub.inbound_record AS r (system, object, external_id, next_at, tries, error_code, hash)
       VALUES ('hubspot', 'company', :went, now(), 0, NULL, 'h'), ('hubspot', 'company', :held, now(), 0, 'possible_duplicate', 'h'),
         ('hubspot', 'company', :refused, now(), 4, 'http_401', NULL)
       ON CONFLICT (system, object, external_id) DO UPDATE SET tries = excluded.tries, error_code = excluded.error_code, hash = excluded.hash`,
      { went, held, refused },
    );
    expect(await loads.state(id)).toEqual({
      listed: 231,
      open: 1,
      outcomes: { created: 228, settled: 1, held: 1 },
      reasons: { possible_duplicate: 1, http_401: 1 },
    });
    await done("created");
    expect(await new ListedRecords(store).begin(TYPE, 0)).toMatchObject({ known: true });
    // A load after that is another one.
    expect(await loads.open(TYPE)).toMatchObject({ id: id + 1, resumed: false, from: null });
  });
});
