import type { Config } from "../../../sidecar/config/config";
import type { Pump } from "../../../sidecar/outbound/pump";
import { databaseUrl } from "../../stack/database";
import { withClient } from "../../stack/postgres/server";
import { copyDatabaseInUse, withoutConnections } from "../../stack/postgres/without-connections";
import { waitFor } from "../../support/wait-for";
import { OPEN_MS, SidecarBench } from "./running-hub";

/** Odoo's database goes back in time under the hub: it is recognised, stops, says what to re-check, and goes on without doubles. */
describe("an Odoo database restored from a backup (RES-15)", () => {
  let bench: SidecarBench;
  let name: string;
  let config: Config;
  let existing: number[];

  beforeAll(async () => {
    bench = await SidecarBench.open();
    await bench.reset();
    name = new URL(bench.database.adminUrl).pathname.slice(1);
    await withClient(databaseUrl(bench.database.adminUrl, "postgres"), (client) =>
      client.query("CREATE DATABASE hub_store"),
    );
    config = bench.config();
    config.store.url = databaseUrl(bench.database.adminUrl, "hub_store");
    const { rows } = await bench.database.owner.query<{ id: number }>(
      "SELECT id FROM project_project ORDER BY id LIMIT 3",
    );
    existing = rows.map(({ id }) => id);
  }, OPEN_MS);
  // One sidecar's discovery stops the systems for all: each test is about its own.
  afterEach(async () => {
    await bench?.stopHubs();
  });
  afterAll(async () => {
    await bench?.close();
  });

  const project = (id: number, text = "Project"): Promise<number> =>
    bench.fixture.change({
      system: "asana",
      lane: `project.project,${id}`,
      object: "project",
      record: { name: `${text} ${id}`, active: true },
    });
  const made = (): number => bench.sandbox.journal.list("asana").filter((entry) => entry.effect === "created").length;
  const live = (): number => bench.sandbox.store.table("asana", "project")?.live().length ?? 0;
  const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await bench.database.owner.query<Record<string, unknown>>(sql)).rows;

  const backUp = (copy: string): Promise<void> => copyDatabaseInUse(bench.database.adminUrl, name, copy);
  const restore = (copy: string): Promise<void> =>
    withoutConnections(bench.database.adminUrl, name, async (client) => {
      await client.query(`ALTER DATABASE "${name}" RENAME TO "${copy}_lost"`);
      await client.query(`ALTER DATABASE "${copy}" RENAME TO "${name}"`);
    });
  const stopped = (): Promise<void> =>
    waitFor("the systems to stop", async () => {
      const systems = await rows(
        "SELECT DISTINCT pause_kind FROM integration_system WHERE active AND code IN ('asana', 'hubspot')",
      );
      return systems.length === 1 && systems[0]?.["pause_kind"] === "restored";
    });

  const refused = (hub: { pumps: readonly Pump[] }): Promise<void> =>
    waitFor("the queue to refuse the sidecar", () =>
      hub.pumps.some((pump) => pump.status().claimFailure?.code === "odoo_restored"),
    );

  it("stops every system, lists what it has forgotten, and makes nothing twice after re-linking", async () => {
    const [first = 0, second = 0, third = 0] = existing;
    await bench.startHub(config);
    await bench.reaches(await project(first), "delivered");
    await bench.stopHubs();
    await backUp("an_hour_ago");

    await bench.startHub(config);
    for (const id of [second, third, 900_001]) await bench.reaches(await project(id), "delivered");
    await bench.reaches(await project(first, "Renamed"), "delivered");
    await bench.stopHubs();
    const before = live();
    await restore("an_hour_ago");

    // Business goes on in Odoo: what was sent already is changed again, before any sidecar is up.
    const again = await project(second, "Changed again");
    const hub = await bench.startHub(config);
    await stopped();
    await waitFor("the report", async () => (await rows("SELECT 1 FROM integration_restore_line")).length === 4);
    await refused(hub);
    const lines = await rows("SELECT lane, outcome FROM integration_restore_line ORDER BY res_id");
    expect(lines).toEqual(
      [
        { lane: `project.project,${first}`, outcome: "newer" },
        { lane: `project.project,${second}`, outcome: "relink" },
        { lane: `project.project,${third}`, outcome: "relink" },
        { lane: "project.project,900001", outcome: "gone" },
      ].sort((a, b) => Number(a.lane.split(",")[1]) - Number(b.lane.split(",")[1])),
    );
    await bench.database.queue.resume("asana");
    expect((await bench.database.queue.systems()).find(({ code }) => code === "asana")).toMatchObject({
      state: "paused",
    });
    expect(await bench.fixture.delivery(again)).toMatchObject({ state: "pending", verify: true });

    // A number that was given out after the backup is not given out again.
    const [next] = await rows("SELECT nextval('project_project_id_seq') AS id");
    expect(Number(next?.["id"])).toBeGreaterThan(900_001);

    const created = made();
    await bench.fixture.rearm();
    bench.sandbox.clock.move(60_000);
    await bench.reaches(again, "delivered");
    await bench.reaches(await project(third, "Changed again"), "delivered");
    await bench.reaches(await project(first, "Project"), "delivered");
    expect(live()).toBe(before);
    expect(made()).toBe(created);
    expect(await rows("SELECT state FROM integration_restore")).toEqual([{ state: "closed" }]);
  }, 120_000);

  it("is recognised by a sidecar that runs while it happens, from its own memory", async () => {
    const withoutStore = bench.config();
    const [first = 0] = existing;
    const hub = await bench.startHub(withoutStore);
    await bench.reaches(await project(first, "Before"), "delivered");
    await backUp("a_moment_ago");
    await bench.reaches(await project(first, "After"), "delivered");
    const sent = bench.sandbox.journal.list("asana").length;
    await restore("a_moment_ago");
    await project(first, "Unsent");
    await stopped();
    await refused(hub);
    expect(bench.sandbox.journal.list("asana")).toHaveLength(sent);
  }, 120_000);
});
