import { delivered, failed } from "./settlements";
import type { QueueScene } from "./scene";

/** Outcomes become states, attempts and links, in one transaction. */
export function settlePromises(t: QueueScene): void {
  describe("settle", () => {
    it("stores state, attempt and link together (MAP-04)", async () => {
      const id = await t.change("res.partner,1");
      await t.claim();
      expect(await t.settle([delivered(id, "remote-7")])).toEqual([{ id, state: "delivered", accepted: true }]);
      expect(await t.queue.links(t.system, ["res.partner,1"])).toEqual([
        { lane: "res.partner,1", type: "company", externalId: "remote-7", url: "https://example.com/remote-7" },
      ]);
      expect(await t.fixture.attempts(id)).toMatchObject([
        {
          number: 1,
          worker: "w1",
          outcome: "delivered",
          http_status: 201,
          request: "POST /companies",
          mapping: "customer@1 > x.company@1",
        },
      ]);
      expect(await t.fixture.delivery(id)).toMatchObject({
        external_id: "remote-7",
        lease_until: null,
        error_kind: null,
      });
    });

    it("gives the next claim of that record its link", async () => {
      await t.deliverFirst("res.partner,1", "remote-7");
      await t.change("res.partner,1");
      const [next] = await t.claim();
      expect(next?.links).toEqual([
        { type: "company", externalId: "remote-7", url: "https://example.com/remote-7", fingerprint: "f1" },
      ]);
    });

    it("refuses the answer of a worker that does not hold the delivery", async () => {
      const id = await t.change("res.partner,1");
      await t.claim("w1");
      expect(await t.settle([delivered(id, "x")], "w2")).toEqual([{ id, state: "processing", accepted: false }]);
      expect(await t.queue.links(t.system, ["res.partner,1"])).toEqual([]);
    });

    it("retries a technical failure later each time, and gives up after the system's last try (RES-02, RES-03)", async () => {
      const id = await t.change("res.partner,1");
      const waits: number[] = [];
      for (const expected of ["retry", "retry", "dead"]) {
        expect(await t.claim()).toHaveLength(1);
        const [result] = await t.settle([failed(id, "retry", { kind: "technical", code: "http_503" })]);
        expect(result?.state).toBe(expected);
        const row = await t.fixture.delivery(id);
        if (row["next_attempt_at"] instanceof Date) waits.push(row["next_attempt_at"].getTime());
        await t.fixture.letTimePass(t.system);
      }
      expect(waits).toHaveLength(2);
      expect(await t.claim()).toHaveLength(0);
      expect(await t.fixture.attempts(id)).toHaveLength(3);
    });

    it("waits as long when an earlier outcome is still unknown: a look-up that fails is no reason to hammer (RES-02, RES-12)", async () => {
      const id = await t.change("res.partner,1");
      await t.claim();
      await t.settle([failed(id, "unknown", { kind: "unknown", code: "no_answer" })]);
      await t.fixture.letTimePass(t.system);
      expect(await t.claim()).toMatchObject([{ id, verify: true, attempts: 2 }]);
      const before = Date.now();
      await t.settle([failed(id, "retry", { kind: "technical", code: "http_503" })]);
      const row = await t.fixture.delivery(id);
      expect(row).toMatchObject({ state: "unknown", verify: true });
      // The second wait: two seconds, of which chance takes half at most.
      expect((row["next_attempt_at"] as Date).getTime()).toBeGreaterThanOrEqual(before + 900);
    });

    it("does not come back before the vendor's Retry-After (RES-12)", async () => {
      const id = await t.change("res.partner,1");
      await t.claim();
      const before = Date.now();
      await t.settle([failed(id, "retry", { kind: "technical", code: "http_429", retryAfterMs: 90_000 })]);
      const row = await t.fixture.delivery(id);
      // The column is a UTC time without a zone; pg reads it in the process's zone, which the tests run in UTC.
      expect((row["next_attempt_at"] as Date).getTime()).toBeGreaterThanOrEqual(before + 89_000);
    });

    it("holds a failure of data with its field and cause", async () => {
      const id = await t.change("res.partner,1");
      await t.claim();
      await t.settle([
        failed(id, "held", { kind: "data", code: "canonical_required_missing", field: "customer.name" }),
      ]);
      expect(await t.fixture.delivery(id)).toMatchObject({
        state: "held",
        error_kind: "data",
        error_field: "customer.name",
        cause: "data:canonical_required_missing:customer.name",
      });
    });

    it("stores what a vendor says whatever characters it holds, so that no outcome is lost by them (RES-02)", async () => {
      const id = await t.change("res.partner,1");
      await t.claim();
      const said = failed(id, "held", { kind: "data", code: "c", field: "na\u0000me" });
      if (said.failure) said.failure.message = "no\u0000t good: \ud83d";
      expect(await t.settle([said])).toMatchObject([{ state: "held", accepted: true }]);
      expect(await t.fixture.delivery(id)).toMatchObject({ error_message: "not good: \ufffd", error_field: "name" });
    });

    it("gives one cause to records that lack one reference each, so that they are one problem (OBS-03)", async () => {
      const ids = [await t.change("res.partner,1"), await t.change("res.partner,2")];
      await t.claim();
      const missing = { kind: "data", code: "missing_reference", field: "invoice.customer" } as const;
      await t.settle(ids.map((id, n) => ({ ...failed(id, "held", missing), waitFor: `res.partner,${n + 7}` })));
      for (const id of ids)
        expect(await t.fixture.delivery(id)).toMatchObject({ cause: "data:missing_reference:invoice.customer" });
    });

    it("hands back what was released without counting a try", async () => {
      const id = await t.change("res.partner,1");
      await t.claim();
      await t.settle([{ id, outcome: "released", exchange: null }]);
      expect(await t.fixture.delivery(id)).toMatchObject({ state: "pending", attempts: 0 });
    });

    it("keeps the link and the lease while a write-back follows", async () => {
      const id = await t.change("res.partner,1");
      await t.claim();
      expect(await t.settle([{ ...delivered(id, "remote-1"), outcome: "applied" }])).toMatchObject([
        { state: "processing" },
      ]);
      expect(await t.queue.links(t.system, ["res.partner,1"])).toHaveLength(1);
      expect(await t.settle([{ id, outcome: "delivered", exchange: null }])).toMatchObject([{ state: "delivered" }]);
    });

    it("gives an external record to one Odoo record only, and holds the other (RES-05)", async () => {
      const [one, two] = [await t.change("res.partner,1"), await t.change("res.partner,2")];
      await t.claim();
      const results = await t.settle([delivered(one, "same"), delivered(two, "same")]);
      expect(results.map((result) => result.state)).toEqual(["delivered", "held"]);
      expect(await t.fixture.delivery(two)).toMatchObject({ error_kind: "business", error_code: "link_taken" });
    });

    it("forgets the link of a record that was removed there", async () => {
      await t.deliverFirst("res.partner,1", "remote-7");
      const gone = await t.change("res.partner,1", { operation: "unlink" });
      await t.claim();
      const removed = delivered(gone, "remote-7");
      if (removed.link) removed.link.removed = true;
      await t.settle([removed]);
      expect(await t.queue.links(t.system, ["res.partner,1"])).toEqual([]);
    });
  });
}
