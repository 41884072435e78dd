import pino from "pino";
import { Breaker, VendorUnwell } from "../../../sidecar/connectors/breaker";
import { SharedCircuit } from "../../../sidecar/connectors/circuit";
import { systemClock } from "../../../sidecar/connectors/connector";
import { HubError } from "../../../sidecar/domain/errors";
import { StoredState } from "../../../sidecar/store/stored-state";
import { waitFor } from "../../support/wait-for";
import { openStoreDatabase, type StoreDatabase } from "./store-database";

const POLICY = { failures: 4, halfOpenAfterMs: 400 };

const unwell = async (): Promise<never> =>
  Promise.reject(
    new VendorUnwell(new HubError({ kind: "technical", code: "http_503", message: "It answered 503.", hint: "Wait." })),
  );
const well = async (): Promise<string> => Promise.resolve("answer");

describe("the circuit that sidecars share (RES-08, D14)", () => {
  let store: StoreDatabase;
  let states: StoredState[];
  let a: Breaker;
  let b: Breaker;

  const sidecar = async (name: string): Promise<Breaker> => {
    const state = new StoredState(store.url, name, pino({ level: "silent" }));
    states.push(state);
    await state.start();
    return new Breaker("Vendor", new SharedCircuit("vendor", POLICY, state, systemClock), systemClock);
  };
  const fail = async (breaker: Breaker, times: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) await expect(breaker.run(unwell)).rejects.toMatchObject({ code: "http_503" });
  };
  const due = async (breaker: Breaker): Promise<void> =>
    waitFor("the rest to be over", () => breaker.health().breaker === "half-open");

  beforeAll(async () => {
    store = await openStoreDatabase();
  }, 400_000);
  beforeEach(async () => {
    states = [];
    await store.admin.query("TRUNCATE hub.circuit, hub.sidecar");
    [a, b] = [await sidecar("a"), await sidecar("b")];
  });
  afterEach(async () => {
    await Promise.all(states.map((state) => state.stop()));
  });
  afterAll(async () => {
    await store?.close();
  });

  it("opens for all by the failures of all, and says why", async () => {
    await fail(a, 2);
    await fail(b, 2);
    await expect(b.run(well)).rejects.toMatchObject({ code: "circuit_open" });
    await waitFor("the other to hear of it", () => a.health().breaker !== "closed");
    expect(a.health()).toMatchObject({ reason: "It answered 503.", since: expect.any(Date) as Date });
  });

  it("has exactly one request in flight while it is tried, and its success opens the way for all", async () => {
    await fail(a, 4);
    await waitFor("the other to hear of it", () => b.health().breaker !== "closed");
    await Promise.all([due(a), due(b)]);
    let inFlight = 0;
    let most = 0;
    const answers: (() => void)[] = [];
    const call = async (): Promise<string> => {
      most = Math.max(most, (inFlight += 1));
      await new Promise<void>((resolve) => answers.push(resolve));
      inFlight -= 1;
      return "back";
    };
    const tries = [a, b, a, b, b, a].map((breaker) => breaker.run(call).catch((error: HubError) => error.code));
    await waitFor("one to be let through", () => answers.length > 0);
    const ended: string[] = [];
    for (const one of tries) void one.then((end) => ended.push(end));
    await waitFor("the others to be refused", () => ended.length === 5);
    expect(ended).toEqual(Array<string>(5).fill("circuit_open"));
    answers.forEach((answer) => answer());
    expect((await Promise.all(tries)).filter((one) => one === "back")).toHaveLength(1);
    expect(most).toBe(1);
    await waitFor("both to go on", async () => (await Promise.all([a, b].map((one) => one.run(well)))).length === 2);
  });

  it("rests again for all when the one that tried failed", async () => {
    await fail(a, 4);
    await due(a);
    await fail(a, 1);
    await expect(a.run(well)).rejects.toMatchObject({ code: "circuit_open" });
    await waitFor("the other to hear of it", () => b.health().breaker !== "closed");
    expect(b.health().since).toEqual(a.health().since);
  });

  it("gives up a sidecar that died while it tried", async () => {
    await fail(a, 4);
    await waitFor("the other to hear of it", () => b.health().breaker !== "closed");
    await due(a);
    void a.run(async () => new Promise(() => undefined)).catch(() => undefined);
    await waitFor("the probe to be taken", async () => {
      const { rows } = await store.admin.query("SELECT 1 FROM hub.circuit WHERE probe_by IS NOT NULL");
      return rows.length === 1;
    });
    await expect(b.run(well)).rejects.toMatchObject({ code: "circuit_open" });
    await store.admin.query("UPDATE hub.circuit SET probe_until = clock_timestamp() - interval '1 second'");
    await waitFor("the other to try", async () => (await b.run(well).catch(() => null)) === "answer");
  });

  it("writes nothing for calls that succeed, and forgets failures once one did", async () => {
    const writes = async (): Promise<string> => {
      await store.admin.query("SELECT pg_stat_force_next_flush()");
      const { rows } = await store.admin.query<{ n: string }>(
        "SELECT n_tup_ins + n_tup_upd + n_tup_del AS n FROM pg_stat_user_tables WHERE relname = 'circuit'",
      );
      return rows[0]?.n ?? "";
    };
    await fail(a, 3);
    await a.run(well);
    await fail(a, 3);
    expect(a.health().breaker).toBe("closed");
    await a.run(well);
    const before = await store.admin.query("SELECT failures FROM hub.circuit");
    expect(before.rows).toEqual([{ failures: 0 }]);
    const count = await writes();
    for (let n = 0; n < 50; n += 1) await a.run(well);
    expect(await writes()).toBe(count);
  });

  it("is each sidecar's own while the store is away", async () => {
    await store.refuse();
    await fail(a, 4);
    await expect(a.run(well)).rejects.toMatchObject({ code: "circuit_open" });
    await expect(b.run(well)).resolves.toBe("answer");
    await store.allow();
    await waitFor("the store to be asked again", () => states.every((state) => state.up));
    await expect(a.run(well)).resolves.toBe("answer");
  });
});
