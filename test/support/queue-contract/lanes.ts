import { delivered, failed } from "./settlements";
import { LEASE, type QueueScene } from "./scene";

/** Order per record: one delivery in flight, later states in place of unsent earlier ones. */
export function lanesPromises(t: QueueScene): void {
  describe("lanes (RES-06)", () => {
    it("keeps one delivery of a record in flight, and lets the next go when it has ended", async () => {
      const first = await t.change("res.partner,1", { coalesce: false });
      const second = await t.change("res.partner,1", { coalesce: false });
      const answer = await t.queue.claim("w1", t.system, 50, LEASE);
      expect(answer.claimed.map((d) => d.id)).toEqual([first]);
      expect(await t.fixture.states([first, second])).toEqual(["processing", "waiting"]);

      await t.settle([{ ...delivered(first, "a1"), claims: answer.claimed[0]?.claims ?? 0 }]);
      expect(await t.queue.unpark(t.system, ["res.partner,1"])).toBe(1);
      expect((await t.claim()).map((d) => d.id)).toEqual([second]);
    });

    it("names the lanes it parked behind one in flight, so that none is forgotten", async () => {
      await t.change("res.partner,1", { coalesce: false });
      await t.claim();
      await t.change("res.partner,1", { coalesce: false });
      expect(await t.queue.claim("w1", t.system, 50, LEASE)).toMatchObject({ claimed: [], parked: ["res.partner,1"] });
    });

    it("lets a failing record block its own lane and no other", async () => {
      const failing = await t.change("res.partner,1");
      const [delivery] = await t.claim();
      await t.settle([failed(delivery?.id ?? 0, "retry", { kind: "technical", code: "http_503" })]);
      const behind = await t.change("res.partner,1");
      const other = await t.change("res.partner,2");
      expect((await t.claim()).map((d) => d.id)).toEqual([other]);
      expect(await t.fixture.states([failing, behind])).toEqual(["retry", "waiting"]);
    });

    it("sends only the last of several unsent full states", async () => {
      const ids = [await t.change("res.partner,1"), await t.change("res.partner,1"), await t.change("res.partner,1")];
      expect((await t.claim()).map((d) => d.id)).toEqual([ids[2]]);
      expect(await t.fixture.states(ids)).toEqual(["superseded", "superseded", "processing"]);
    });

    it("sends a later full state in place of one that waits for its retry, once that is due", async () => {
      const failing = await t.change("res.partner,1");
      await t.claim();
      await t.settle([failed(failing, "retry", { kind: "technical", code: "http_503" })]);
      const later = await t.change("res.partner,1");
      expect(await t.claim()).toHaveLength(0);
      await t.fixture.letTimePass(t.system);
      expect((await t.claim()).map((d) => d.id)).toEqual([later]);
      expect(await t.fixture.states([failing])).toEqual(["superseded"]);
    });

    it("sends a corrected record in place of the one that was held for its data", async () => {
      const broken = await t.change("res.partner,1");
      await t.claim();
      await t.settle([
        failed(broken, "held", { kind: "data", code: "canonical_required_missing", field: "customer.name" }),
      ]);
      const corrected = await t.change("res.partner,1");
      expect((await t.claim()).map((d) => d.id)).toEqual([corrected]);
      expect(await t.fixture.states([broken])).toEqual(["superseded"]);
    });

    it("comes back for a corrected record when Odoo had the held one locked just then", async () => {
      const broken = await t.change("res.partner,1");
      await t.claim();
      await t.settle([failed(broken, "held", { kind: "data", code: "canonical_required_missing" })]);
      const corrected = await t.change("res.partner,1");
      expect(await t.fixture.whileLocked([broken], () => t.claim())).toHaveLength(0);
      expect(await t.claim()).toHaveLength(0); // not at once: whoever has the lock may keep it for a while
      await t.fixture.letTimePass(t.system);
      expect((await t.claim()).map((d) => d.id)).toEqual([corrected]);
      expect(await t.fixture.states([broken])).toEqual(["superseded"]);
    });

    it("keeps a record that was held by policy in front of its later states", async () => {
      const held = await t.change("res.partner,1");
      await t.claim();
      await t.settle([failed(held, "held", { kind: "policy", code: "mass_change" })]);
      const later = await t.change("res.partner,1");
      expect(await t.claim()).toHaveLength(0);
      expect(await t.fixture.states([held, later])).toEqual(["held", "waiting"]);
    });

    it("never lets a state overtake what is no full state", async () => {
      const note = await t.change("res.partner,1", { coalesce: false });
      const state = await t.change("res.partner,1");
      expect((await t.claim()).map((d) => d.id)).toEqual([note]);
      expect(await t.fixture.states([note, state])).toEqual(["processing", "waiting"]);
    });

    it("lets a delete take the place of the unsent states before it", async () => {
      const ids = [await t.change("res.partner,1"), await t.change("res.partner,1", { operation: "unlink" })];
      expect((await t.claim()).map((d) => d.id)).toEqual([ids[1]]);
      expect(await t.fixture.states(ids)).toEqual(["superseded", "processing"]);
    });

    it("touches nothing behind a change that is kept, so that a record with many changes costs what others cost (PERF-01)", async () => {
      const ids: number[] = [];
      for (let n = 1; n <= 4; n += 1) ids.push(await t.change("res.partner,1", { coalesce: false }));
      expect((await t.claim("w1", 1)).map((d) => d.id)).toEqual([ids[0]]);
      expect(await t.fixture.states(ids)).toEqual(["processing", "pending", "pending", "pending"]);
    });

    it("wakes the first of what sleeps in a lane, and the last full state goes all the same", async () => {
      const note = await t.change("res.partner,1", { coalesce: false });
      const states = [
        await t.change("res.partner,1"),
        await t.change("res.partner,1"),
        await t.change("res.partner,1"),
      ];
      await t.claim();
      await t.settle([delivered(note, "a1")]);
      expect(await t.queue.unpark(t.system, ["res.partner,1"])).toBe(1);
      expect(await t.fixture.states(states)).toEqual(["pending", "waiting", "waiting"]);
      expect((await t.claim()).map((d) => d.id)).toEqual([states[2]]);
      expect(await t.fixture.states(states)).toEqual(["superseded", "superseded", "processing"]);
    });

    it("wakes a live change with the backfill in front of it, which then goes although no more backfill may (RES-12)", async () => {
      const note = await t.change("res.partner,1", { coalesce: false });
      const backfill = await t.change("res.partner,1", { coalesce: false, priority: 90 });
      const live = await t.change("res.partner,1", { coalesce: false });
      expect((await t.claim()).map((d) => d.id)).toEqual([note]);
      expect(await t.fixture.states([backfill, live])).toEqual(["waiting", "waiting"]);
      await t.settle([delivered(note, "a1")]);
      expect(await t.queue.unpark(t.system, ["res.partner,1"])).toBe(2);
      expect((await t.claim("w1", 50, 0)).map((d) => d.id)).toEqual([backfill]);
    });

    it("does not wake a lane that could only fall asleep again", async () => {
      const held = await t.change("res.partner,1", { object: "customer" });
      await t.claim();
      await t.settle([failed(held, "held", { kind: "data", code: "bad" })]);
      await t.change("res.partner,1", { object: "contact" });
      await t.claim();
      expect(await t.queue.unpark(t.system, ["res.partner,1"])).toBe(0);
    });
  });
}
