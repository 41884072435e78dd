import { spawn } from "node:child_process";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import pino from "pino";
import { BACKFILL_PRIORITY } from "../../../sidecar/domain/priority";
import { StoredState } from "../../../sidecar/store/stored-state";
import { startSandbox } from "../../sandbox/sandbox";
import { waitFor } from "../../support/wait-for";
import type { Schedule } from "./hammer";
import { openStoreDatabase, type StoreDatabase } from "./store-database";

const OPEN_MS = 400_000;
const LIVE = 50;

describe("rate limits that sidecars share (RES-12, D14)", () => {
  let store: StoreDatabase;
  let states: StoredState[];

  beforeAll(async () => {
    store = await openStoreDatabase();
  }, OPEN_MS);
  beforeEach(() => {
    states = [];
  });
  afterEach(async () => {
    await Promise.all(states.map((state) => state.stop()));
    await store.admin.query("TRUNCATE hub.rate_bucket, hub.circuit, hub.sidecar");
  });
  afterAll(async () => {
    await store?.close();
  });

  async function sidecar(name: string): Promise<StoredState> {
    const state = new StoredState(store.url, name, pino({ level: "silent" }));
    states.push(state);
    await state.start();
    return state;
  }

  /** Asks and answers how many places there were, and the wait for the next. */
  const take = async (state: StoredState, count: number, priority: number, limit = { requests: 10, perMs: 60_000 }) => {
    const taken = await state.take("vendor", "default", limit, { count, priority, termMs: 0 });
    return [taken?.granted, Math.round(taken?.waitMs ?? 0)];
  };

  it.each([1, 2, 3])("hold at the vendor, however two processes call it (schedule %i)", async (seed) => {
    const arrivals: number[] = [];
    const sandbox = await startSandbox({ port: 0, onRequest: () => arrivals.push(performance.now()) });
    // A vendor that gets no processor counts a request later than it came: as much is taken off the window.
    const stalls = monitorEventLoopDelay({ resolution: 5 });
    stalls.enable();
    const limit = { requests: 30, perMs: 1_000 };
    const schedule = { storeUrl: store.url, vendorUrl: `${sandbox.url}/asana`, ...limit, forMs: 4_000 };
    const sent = await Promise.all([hammer({ ...schedule, seed }), hammer({ ...schedule, seed: seed + 100 })]);
    stalls.disable();
    await sandbox.close();
    expect(mostWithin(arrivals, limit.perMs - stalls.max / 1e6)).toBeLessThanOrEqual(limit.requests);
    expect(arrivals).toHaveLength((sent[0] ?? 0) + (sent[1] ?? 0));
    // The limit was really reached, and by both.
    expect(arrivals.length).toBeGreaterThan(75);
    for (const one of sent) expect(one).toBeGreaterThan(10);
  });

  it("count the places of all sidecars together, and say when the next comes free", async () => {
    const [a, b] = [await sidecar("a"), await sidecar("b")];
    expect(await take(a, 7, LIVE)).toEqual([7, 0]);
    const [granted, waitMs] = await take(b, 7, LIVE);
    expect(granted).toBe(3);
    expect(waitMs).toBeGreaterThan(55_000);
    expect(b.use("vendor", "default")).toMatchObject({ used: 10, waitsUntil: expect.any(Date) as Date });
  });

  it("give the most urgent the next place, whichever sidecar it waits in", async () => {
    const [a, b] = [await sidecar("a"), await sidecar("b")];
    const limit = { requests: 2, perMs: 400 };
    await take(a, 2, LIVE, limit);
    const [none, waitMs = 0] = await take(b, 1, 10, limit);
    expect(none).toBe(0);
    // Places are free again, but b was told first and is more urgent; a moment later b has not come and a gets them.
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    const term = { count: 1, priority: 10, termMs: 0 };
    expect((await b.take("vendor", "default", limit, term))?.granted).toBe(1);
    expect((await take(a, 1, LIVE, limit))[0]).toBe(1);
  });

  it("make less urgent calls wait while somebody more urgent is expected", async () => {
    const [a, b] = [await sidecar("a"), await sidecar("b")];
    const limit = { requests: 1, perMs: 300 };
    const ask = (state: StoredState, priority: number) =>
      state.take("vendor", "default", limit, { count: 1, priority, termMs: 2_000 });
    await take(a, 1, LIVE, limit);
    const urgent = await ask(b, 10);
    await new Promise((resolve) => setTimeout(resolve, (urgent?.waitMs ?? 0) + 5));
    expect(await ask(a, LIVE)).toMatchObject({ granted: 0 });
    expect(await ask(b, 10)).toMatchObject({ granted: 1 });
  });

  it("spread backfill over the window, and always leave live work a place", async () => {
    const [a, b] = [await sidecar("a"), await sidecar("b")];
    const limit = { requests: 200, perMs: 60_000 };
    // Two in a hundredth of the window, of both sidecars together.
    expect(await take(a, 50, BACKFILL_PRIORITY, limit)).toEqual([2, 600]);
    expect((await take(b, 50, BACKFILL_PRIORITY, limit))[0]).toBe(0);
    expect((await take(b, 194, LIVE, limit))[0]).toBe(194);
    await store.admin.query("UPDATE hub.rate_bucket SET paced_at = NULL");
    // Four are left, and six in two hundred are not for backfill.
    expect((await take(a, 1, BACKFILL_PRIORITY, limit))[0]).toBe(0);
    expect((await take(a, 4, LIVE, limit))[0]).toBe(4);
  });

  it("pause for all sidecars when the vendor says stop to one", async () => {
    const [a, b] = [await sidecar("a"), await sidecar("b")];
    a.pause("vendor", "default", 30_000);
    await waitFor("the pause to be known", async () => (await take(b, 1, LIVE))[0] === 0);
    expect((await take(b, 1, LIVE))[1]).toBeGreaterThan(25_000);
  });

  it("are kept by shares while the store is away, and shared again when it is back, without losing count", async () => {
    const [a, b] = [await sidecar("a"), await sidecar("b")];
    await waitFor("both to know of each other", () => a.members === 2 && b.members === 2);
    await store.refuse();
    expect(
      await a.take("vendor", "default", { requests: 10, perMs: 60_000 }, { count: 1, priority: LIVE, termMs: 0 }),
    ).toBeNull();
    expect([a.up, a.members]).toEqual([false, 2]);
    a.onRecovery(() => a.spent("vendor", "default", { requests: 10, perMs: 60_000 }, 4));
    await store.allow();
    await waitFor("the store to be asked again", () => a.up);
    expect((await take(b, 10, LIVE))[0]).toBe(6);
  });

  it("forget a sidecar that has died or left", async () => {
    const [a, b] = [await sidecar("a"), await sidecar("b")];
    await waitFor("both to know of each other", () => a.members === 2 && b.members === 2);
    await b.stop();
    states = [a];
    await waitFor("the other to be gone", () => a.members === 1);
  });
});

function mostWithin(arrivals: readonly number[], windowMs: number): number {
  let first = 0;
  let most = 0;
  for (const [place, at] of arrivals.entries()) {
    while ((arrivals[first] ?? at) <= at - windowMs) first += 1;
    most = Math.max(most, place - first + 1);
  }
  return most;
}

/** Answers how many calls the vendor answered. */
async function hammer(schedule: Schedule): Promise<number> {
  const script = path.join(__dirname, "hammer.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, JSON.stringify(schedule)]);
  let said = "";
  let complaint = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the process ended with ${code}: ${complaint}`);
  return (JSON.parse(said) as { sent: number }).sent;
}
