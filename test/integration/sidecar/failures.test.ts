import { waitFor } from "../../support/wait-for";
import { OPEN_MS, SidecarBench } from "./running-hub";

/** What the sidecar does when something goes wrong: the error's kind decides (D5, RES-02). */
describe("when something goes wrong, the sidecar", () => {
  let bench: SidecarBench;

  beforeAll(async () => {
    bench = await SidecarBench.open();
  }, OPEN_MS);
  beforeEach(async () => {
    await bench.reset();
  });
  afterAll(async () => {
    await bench.close();
  });

  const change = (id: number, more: object = {}): Promise<number> =>
    bench.fixture.change({
      lane: `res.partner,${id}`,
      record: { name: `Company ${id}`, is_company: true, active: true },
      ...more,
    });
  const created = (): number =>
    bench.sandbox.journal.list("hubspot").filter((entry) => entry.effect === "created").length;

  it("retries a technical failure until the system is back, and makes one record (RES-02, RES-05)", async () => {
    bench.sandbox.faults.add({ system: "hubspot", fault: { kind: "status", status: 503 }, times: 1 });
    await bench.startHub();
    const id = await change(1);
    await bench.reaches(id, "delivered");
    expect((await bench.fixture.attempts(id)).map((attempt) => attempt["outcome"])).toEqual(["retry", "delivered"]);
    expect(created()).toBe(1);
  });

  it("never sends twice what may have taken effect: it looks the record up (D4, RES-05)", async () => {
    bench.sandbox.faults.add({
      system: "asana",
      match: { method: "POST" },
      fault: { kind: "reset_after_apply" },
      times: 1,
    });
    await bench.startHub();
    const id = await bench.fixture.change({
      system: "asana",
      lane: "project.project,1",
      object: "project",
      record: { name: "Rollout", active: true },
    });
    await waitFor("the first try", async () => (await bench.fixture.attempts(id)).length > 0);
    expect((await bench.fixture.attempts(id))[0]).toMatchObject({ outcome: "unknown" });
    // The vendor's lists are trusted after a while; the test need not wait for it.
    bench.sandbox.clock.move(60_000);
    await waitFor("the delivery", async () => {
      await bench.fixture.letTimePass("asana");
      return (await bench.fixture.delivery(id))["state"] === "delivered";
    });
    expect(bench.sandbox.store.table("asana", "project")?.live()).toHaveLength(1);
  });

  it("pauses a system that refuses the sign-in; its deliveries wait unharmed (D5)", async () => {
    bench.sandbox.tokens.configure("hubspot", ["another token"]);
    await bench.startHub();
    const ids = [await change(1), await change(2)];
    await waitFor("the pause", async () => {
      const systems = await bench.database.queue.systems();
      return systems.find(({ code }) => code === "hubspot")?.pauseKind === "credential";
    });
    await waitFor("the deliveries to be handed back", async () =>
      (await bench.fixture.states(ids)).every((state) => state === "pending"),
    );
    for (const id of ids) expect(await bench.fixture.delivery(id)).toMatchObject({ attempts: 0 });

    bench.sandbox.tokens.configure("hubspot", ["demo"]);
    await bench.database.queue.resume("hubspot");
    for (const id of ids) await bench.reaches(id, "delivered");
  });

  it("lets a system that is down hold back no other (RES-06)", async () => {
    bench.sandbox.faults.add({ system: "hubspot", fault: { kind: "slow", delayMs: 20_000 } });
    await bench.startHub(bench.config({ extra: "delivery: { stop_seconds: 0 }" }));
    await change(1);
    const employee = await bench.fixture.change({
      system: "bamboohr",
      lane: "hr.employee,1",
      object: "employee",
      record: { name: "Ann Example", active: true, work_email: "ann@example.com" },
    });
    await bench.reaches(employee, "delivered");
  });

  it("stops calling a system that keeps failing and goes on by itself when it is back; Odoo notes how long it was away (RES-08, MET-04)", async () => {
    const noted = (await bench.fixture.interruptions()).length;
    bench.sandbox.faults.add({ system: "hubspot", fault: { kind: "status", status: 500 } });
    const hub = await bench.startHub();
    const breaker = (): string | undefined => hub.pumps.find(({ code }) => code === "hubspot")?.status().breaker;
    const ids: number[] = [];
    await waitFor("the breaker to open", async () => {
      ids.push(await change(ids.length + 1));
      return breaker() === "open";
    });
    const struck = bench.sandbox.faults.list()[0]?.struck ?? 0;
    const late = await change(1_000);
    await waitFor("the stop to be visible in Odoo", async () => {
      const system = (await bench.database.queue.systems()).find(({ code }) => code === "hubspot");
      return system?.pauseKind === "breaker" && system.pausedUntil !== null;
    });
    expect(bench.sandbox.faults.list()[0]?.struck).toBeLessThanOrEqual(struck + 1);
    bench.sandbox.faults.clear();
    await waitFor(
      "everything to arrive",
      async () => {
        await bench.fixture.letTimePass("hubspot");
        return (await bench.fixture.states([...ids, late])).every(
          (state) => state === "delivered" || state === "superseded",
        );
      },
      { timeoutMs: 40_000 },
    );
    expect((await bench.fixture.interruptions()).slice(noted)).toEqual([
      { code: "hubspot", kind: "breaker", ended: true },
    ]);
  });

  it("hands back what it has not sent, and finishes what it has, when it is stopped", async () => {
    bench.sandbox.faults.add({ system: "asana", fault: { kind: "slow", delayMs: 300 } });
    const ids: number[] = [];
    for (let n = 1; n <= 60; n += 1) {
      ids.push(
        await bench.fixture.change({
          system: "asana",
          lane: `project.project,${n}`,
          object: "project",
          record: { name: `Project ${n}`, active: true },
        }),
      );
    }
    const hub = await bench.startHub();
    await waitFor("deliveries on the way", () => hub.pumps.some((pump) => pump.status().inFlight >= 20));
    await bench.stopHubs();
    const states = await bench.fixture.states(ids);
    expect(states.filter((state) => state === "processing")).toEqual([]);
    expect(states.filter((state) => state === "pending").length).toBeGreaterThan(0);
    bench.sandbox.faults.clear();
    await bench.startHub();
    for (const id of ids) await bench.reaches(id, "delivered");
    expect(bench.sandbox.store.table("asana", "project")?.live()).toHaveLength(60);
  });

  it("shares the work with a second one, and every change goes once (D14)", async () => {
    await Promise.all([bench.startHub(), bench.startHub()]);
    const ids: number[] = [];
    for (let n = 1; n <= 40; n += 1) ids.push(await change(n));
    for (const id of ids) await bench.reaches(id, "delivered");
    expect(created()).toBe(40);
    for (const id of ids) expect(await bench.fixture.attempts(id)).toHaveLength(1);
  });

  it("delivers what was recorded while it was stopped (RES-01)", async () => {
    const id = await change(1);
    expect(await bench.fixture.states([id])).toEqual(["pending"]);
    await bench.startHub();
    await bench.reaches(id, "delivered");
  });
});
