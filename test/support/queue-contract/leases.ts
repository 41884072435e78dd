import { delivered, failed } from "./settlements";
import { LEASE, type QueueScene } from "./scene";

/** What becomes of a worker's deliveries when it falls silent. */
export function leasesPromises(t: QueueScene): void {
  describe("leases", () => {
    it("renews what the worker still holds, and says what it has lost", async () => {
      const [mine, other] = [await t.change("res.partner,1"), await t.change("res.partner,2")];
      await t.claim("w1", 1);
      await t.claim("w2", 1);
      expect(await t.queue.renew("w1", [mine, other], LEASE)).toEqual([mine]);
    });

    it("treats an expired lease as unknown, never as not sent (D4)", async () => {
      const id = await t.change("res.partner,1");
      await t.claim("w1");
      await t.fixture.letTimePass(t.system);
      expect(await t.queue.reap()).toBeGreaterThanOrEqual(1);
      expect(await t.fixture.states([id])).toEqual(["unknown"]);
      const [again] = await t.claim("w2");
      expect(again).toMatchObject({ id, verify: true, attempts: 2 });
      expect(await t.fixture.attempts(id)).toMatchObject([
        { outcome: "unknown", error_code: "lease_expired", worker: "w1" },
      ]);
    });

    it("counts the vendor's time to settle from when the lease ran out, and its memory of our key from the first try (D4)", async () => {
      const id = await t.change("res.partner,1");
      const before = Date.now();
      await t.claim("w1");
      await t.fixture.letTimePass(t.system);
      await t.queue.reap();
      const [first] = await t.claim("w2");
      await t.settle([failed(id, "unknown", { kind: "unknown", code: "no_answer" })], "w2");
      await t.fixture.letTimePass(t.system);
      const [again] = await t.claim("w1");
      const [reaped] = await t.fixture.attempts(id);
      expect(first?.lastAttemptAt).toEqual(reaped?.["ended_at"]);
      expect(first?.lastAttemptAt?.getTime()).toBeGreaterThanOrEqual(before);
      expect(again?.firstAttemptAt).toEqual(first?.firstAttemptAt);
      expect(again?.firstAttemptAt).toEqual(reaped?.["started_at"]);
      expect(again?.lastAttemptAt?.getTime()).toBeGreaterThan(first?.lastAttemptAt?.getTime() ?? Infinity);
    });

    it("counts it only once where the try was another's whose place this one took: nobody waits for ever (D4)", async () => {
      const first = await t.change("res.partner,1");
      await t.claim("w1");
      await t.fixture.letTimePass(t.system);
      await t.queue.reap();
      await t.claim("w2");
      await t.settle([failed(first, "held", { kind: "data", code: "bad" })], "w2");
      const later = await t.change("res.partner,1");
      const [early] = await t.claim("w1");
      expect(early).toMatchObject({ id: later, verify: true });
      // Too early to look it up: it is handed back and comes again, which is no new beginning.
      await t.settle([{ id: later, outcome: "released", exchange: null }]);
      const [again] = await t.claim("w2");
      expect(again).toMatchObject({ id: later, verify: true, lastAttemptAt: early?.lastAttemptAt });
    });

    it("still takes the late answer of the worker that had sent it", async () => {
      const id = await t.change("res.partner,1");
      await t.claim("w1");
      await t.fixture.letTimePass(t.system);
      await t.queue.reap();
      expect(await t.settle([delivered(id, "remote-1")], "w1")).toEqual([{ id, state: "delivered", accepted: true }]);
    });

    it("counts an answer for the claim it names, not for a later one of the same worker (RES-05)", async () => {
      const id = await t.change("res.partner,1");
      const [first] = await t.claim();
      const retry = { ...failed(id, "retry", { retryAfterMs: 0 }), claims: first?.claims ?? 0 };
      await t.settle([retry]);
      await t.fixture.letTimePass(t.system);
      const [second] = await t.claim();
      expect(second).toMatchObject({ id, attempts: 2 });
      // The acknowledgement was lost, so the worker says it again while its second try is on the way.
      expect(await t.settle([retry])).toEqual([{ id, state: "processing", accepted: false }]);
      expect(await t.claim()).toEqual([]);
      expect(await t.settle([delivered(id, "remote-1")])).toMatchObject([{ state: "delivered", accepted: true }]);
    });

    it("wakes a lane whose worker died between its commit and the wake-up", async () => {
      const [first, second] = [
        await t.change("res.partner,1", { coalesce: false }),
        await t.change("res.partner,1", { coalesce: false }),
      ];
      await t.claim();
      await t.settle([delivered(first, "remote-1")]);
      expect(await t.fixture.states([second])).toEqual(["waiting"]);
      await t.queue.reap();
      expect((await t.claim()).map((d) => d.id)).toEqual([second]);
    });

    it("keeps asking for a look-up until the outcome is known", async () => {
      const id = await t.change("res.partner,1");
      await t.claim("w1");
      await t.settle([failed(id, "unknown", { kind: "unknown", code: "no_answer" })]);
      await t.fixture.letTimePass(t.system);
      expect(await t.claim("w1")).toMatchObject([{ id, verify: true }]);
      await t.settle([{ id, outcome: "released", exchange: null }]);
      await t.fixture.letTimePass(t.system);
      expect(await t.claim("w1")).toMatchObject([{ id, verify: true }]);
    });

    it("brings back what cannot be looked up yet when it can, and counts no try (D4)", async () => {
      const id = await t.change("res.partner,1");
      await t.claim("w1");
      await t.settle([failed(id, "unknown", { kind: "unknown", code: "no_answer" })]);
      await t.fixture.letTimePass(t.system);
      const [first] = await t.claim("w1");
      const early = { kind: "unknown", code: "waiting_to_settle", retryAfterMs: 30_000 } as const;
      await t.settle([{ ...failed(id, "released", early), exchange: null }]);
      expect(await t.claim("w1")).toEqual([]);
      expect(await t.fixture.delivery(id)).toMatchObject({ state: "unknown", error_code: "waiting_to_settle" });
      await t.fixture.letTimePass(t.system);
      const { verify, attempts, lastAttemptAt } = first ?? {};
      expect(await t.claim("w1")).toMatchObject([{ id, verify, attempts, lastAttemptAt }]);
    });

    it("gives an outcome that stays unknown to a person in the end", async () => {
      const id = await t.change("res.partner,1");
      for (const expected of ["unknown", "unknown", "held"]) {
        await t.claim();
        expect(await t.settle([failed(id, "unknown", { kind: "unknown", code: "no_answer" })])).toMatchObject([
          { state: expected },
        ]);
        await t.fixture.letTimePass(t.system);
      }
    });
  });
}
