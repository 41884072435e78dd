import { failed } from "./settlements";
import { LEASE, type QueueScene } from "./scene";

/** What a claim gives, to whom, and in which order. */
export function claimPromises(t: QueueScene): void {
  describe("claim", () => {
    it("gives a delivery everything that is needed to send it", async () => {
      const id = await t.change("res.partner,1", { record: { name: "Acme" }, object: "customer", operation: "create" });
      const [delivery] = await t.claim();
      expect(delivery).toMatchObject({
        id,
        lane: "res.partner,1",
        model: "res.partner",
        resId: 1,
        operation: "create",
        object: "customer",
        eventType: "customer.changed",
        attempts: 1,
        verify: false,
        forced: false,
        firstAttemptAt: null,
        lastAttemptAt: null,
        links: [],
      });
      expect(JSON.parse(delivery?.payload ?? "null")).toMatchObject({ record: { id: 1, name: "Acme" } });
      expect(delivery?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(Math.abs(Date.now() - (delivery?.occurredAt.getTime() ?? 0))).toBeLessThan(60_000);
    });

    it("gives nothing twice, to the same worker or another", async () => {
      await t.change("res.partner,1");
      expect(await t.claim("w1")).toHaveLength(1);
      expect(await t.claim("w1")).toHaveLength(0);
      expect(await t.claim("w2")).toHaveLength(0);
    });

    it("shares the work between two workers claiming at once, without overlap", async () => {
      const ids: number[] = [];
      for (let n = 1; n <= 20; n += 1) ids.push(await t.change(`res.partner,${n}`));
      const [first, second] = await Promise.all([t.claim("w1", 10), t.claim("w2", 10)]);
      const claimed = [...first, ...second].map((delivery) => delivery.id);
      for (const delivery of await t.claim("w1")) claimed.push(delivery.id);
      expect(claimed.sort((a, b) => a - b)).toEqual(ids);
    });

    it("takes urgent deliveries first, then the oldest", async () => {
      const late = await t.change("res.partner,1", { priority: 90 });
      const first = await t.change("res.partner,2");
      const second = await t.change("res.partner,3");
      const urgent = await t.change("res.partner,4", { priority: 10 });
      expect((await t.claim("w1", 1)).map((d) => d.id)).toEqual([urgent]);
      expect((await t.claim("w1", 1)).map((d) => d.id)).toEqual([first]);
      expect((await t.claim("w1", 1)).map((d) => d.id)).toEqual([second]);
      expect((await t.claim("w1", 1)).map((d) => d.id)).toEqual([late]);
    });

    it("takes live work although as much backfill as it may take waits in front of it (RES-12)", async () => {
      for (let n = 1; n <= 6; n += 1) await t.change(`res.partner,${n}`, { priority: 90 });
      const live = await t.change("res.partner,7", { priority: 79 });
      expect(await t.claim("w1", 50, 0)).toMatchObject([{ id: live, priority: 79 }]);
      expect((await t.claim("w1", 50, 2)).map((d) => d.priority)).toEqual([90, 90]);
      expect(await t.claim("w1", 50, 0)).toHaveLength(0);
      expect(await t.claim("w1", 50)).toHaveLength(4);
    });

    it("finds a live delivery that is due again behind a heap of backfill that is due again (RES-12)", async () => {
      for (let n = 1; n <= 5; n += 1) await t.change(`res.partner,${n}`, { priority: 90 });
      const backfill = await t.claim("w1", 5);
      const live = await t.change("res.partner,6");
      await t.claim("w1", 1);
      await t.settle([...backfill.map(({ id }) => id), live].map((id) => failed(id, "retry", {})));
      await t.fixture.letTimePass(t.system);
      const again = await t.claim("w1", 3, 2);
      expect(again.map(({ id }) => id)).toContain(live);
      expect(again.filter(({ priority }) => priority === 90)).toHaveLength(2);
    });

    it("refuses a system that Odoo does not know, and says how to mend it", async () => {
      const unknown = t.queue.claim("w1", "nowhere", 1, LEASE);
      await expect(unknown).rejects.toMatchObject({
        failure: { message: expect.stringContaining("nowhere") as string },
      });
    });
  });
}
