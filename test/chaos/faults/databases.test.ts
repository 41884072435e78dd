import { OPEN_MS } from "../../integration/sidecar/running-hub";
import { startLinks, type Links } from "../../stack/links/links";
import { freePort } from "../../stack/machine/ports";
import { DISPOSABLE } from "../../stack/postgres/server";
import { QueueFixture } from "../../support/queue-fixture";
import { waitFor } from "../../support/wait-for";
import { FaultBench, type Run, type Trouble } from "./support/fault-bench";
import { SmallDisk } from "./support/small-disk";
import { SmallStore } from "./support/small-store";
import { SYSTEMS } from "./support/story";

const SEED = Number(process.env["HUB_SEED"] ?? 4_711);

const DEAD_WORKERS_LANE = "hr.employee,900";

/** Answers that take a while, so that much is on the way when the database goes. */
const BUSY: NonNullable<Trouble["faults"]> = SYSTEMS.map((system) => ({
  system,
  fault: { kind: "slow_answer", delayMs: 250 },
  durationMs: 2_000,
}));

/** The hub's databases break under it, in the middle of the story; afterwards all is as if nothing had happened (TST-11). */
describe(`while a database is unwell (HUB_SEED=${SEED})`, () => {
  let faults: FaultBench;
  let links: Links;
  let queueUrl: string;
  let storeUrl: string;

  beforeAll(async () => {
    // What was committed has to survive a crash, as it does in use.
    faults = await FaultBench.open(SEED, { ...DISPOSABLE, synchronous_commit: "on", full_page_writes: "on" });
    const address = new URL(faults.bench.database.roleUrl);
    const port = await freePort();
    const target = Number(address.port);
    const storePort = await freePort();
    links = await startLinks(0, [
      { name: "queue", port, target },
      { name: "store", port: storePort, target },
    ]);
    address.port = String(port);
    queueUrl = address.toString();
    const store = new URL(faults.bench.database.adminUrl);
    store.port = String(storePort);
    storeUrl = store.toString();
    await faults.undisturbed();
  }, OPEN_MS);
  afterAll(async () => {
    await faults?.close();
    links?.close();
  });

  const setLink = async (link: string, state: object): Promise<void> => {
    const answer = await fetch(`${links.url}/${link}`, { method: "PUT", body: JSON.stringify(state) });
    expect(answer.status).toBe(200);
  };
  const lasting = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  it.each(["fast", "immediate"] as const)(
    "Postgres restarted (%s) with requests on the way",
    async (how) => {
      const restart = async (): Promise<void> => await faults.bench.database.restart(how);
      const run = await faults.run({ faults: BUSY, strike: restart, nobodyWorks: true, withinMs: 60_000 });
      expect(run.state).toEqual(await faults.undisturbed());
    },
    90_000,
  );

  it("the queue hangs for the sidecar alone: users go on, and what they did follows", async () => {
    const hang = async (): Promise<void> => {
      await setLink("queue", { blocked: true });
      await lasting(3_000);
      await setLink("queue", { blocked: false });
    };
    const run = await faults.run({ faults: BUSY, strike: hang, queueUrl, withinMs: 60_000 });
    expect(run.state).toEqual(await faults.undisturbed());
  }, 90_000);

  it("the queue answers slowly", async () => {
    const drag = async (): Promise<void> => {
      await setLink("queue", { delayMs: 150 });
      await lasting(3_000);
      await setLink("queue", { delayMs: 0 });
    };
    const run = await faults.run({ strike: drag, queueUrl });
    expect(run.state).toEqual(await faults.undisturbed());
  }, 90_000);

  it("the hub's own store says nothing: deliveries and jobs go on", async () => {
    const strike = async (): Promise<void> => {
      await setLink("store", { blocked: true });
      await faults.bench.reaches(await claimAndDie(), "delivered", 60_000);
      await setLink("store", { blocked: false });
    };
    const run = await faults.run({ strike, storeUrl, withinMs: 60_000 });
    await expectDeliveredAsUndisturbed(run);
  }, 120_000);

  it("the hub's own store has no space left: deliveries and jobs go on, and so does the store once there is", async () => {
    const disk = await SmallDisk.mount();
    if (!disk) throw new Error("A small disk can only be mounted by root, with the right to mount.");
    const store = await SmallStore.open(faults.bench.database.adminUrl, disk);
    try {
      const strike = async (): Promise<void> => {
        await store.runOutOfSpace();
        await faults.bench.reaches(await claimAndDie(), "delivered");
        expect(await store.takes()).toBe(false);
        await disk.free();
        await waitFor("the store to take rows again", async () => store.takes());
      };
      const run = await faults.run({ strike, storeUrl: store.url, withinMs: 60_000 });
      await expectDeliveredAsUndisturbed(run);
    } finally {
      await store.close();
      await disk.unmount();
    }
  }, 120_000);

  /** As undisturbed, besides the record that the dead worker had taken. */
  async function expectDeliveredAsUndisturbed({ state }: Run): Promise<void> {
    const others = (lines: string[]): string[] => lines.filter((line) => !line.includes(DEAD_WORKERS_LANE));
    const { remote, links: told, deliveries } = await faults.undisturbed();
    const found = Object.fromEntries(Object.entries(state.remote).map(([type, records]) => [type, others(records)]));
    expect({ remote: found, links: others(state.links), deliveries: others(state.deliveries) }).toEqual({
      remote,
      links: told,
      deliveries,
    });
  }

  /** A sidecar took a delivery and died: only a job that runs by the clock brings it back. */
  async function claimAndDie(): Promise<number> {
    const client = await faults.bench.database.owner.connect();
    try {
      // One transaction, so that no living sidecar sees it before the dead one has it.
      await client.query("BEGIN");
      const id = await new QueueFixture(client).change({
        system: "bamboohr",
        lane: DEAD_WORKERS_LANE,
        object: "employee",
        record: { name: "Mary Jackson", active: true, work_email: "mary@example.com" },
      });
      await client.query(
        `UPDATE integration_delivery SET state = 'processing', claimed_by = 'dead', attempts = 1,
           claimed_at = now() AT TIME ZONE 'UTC' - interval '1 minute', lease_until = now() AT TIME ZONE 'UTC' - interval '1 second' WHERE id = $1`,
        [id],
      );
      await client.query("COMMIT");
      return id;
    } finally {
      client.release();
    }
  }
});
