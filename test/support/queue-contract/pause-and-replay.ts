import type { QueueScene } from "./scene";

/** What people and programs may decide. */
export function pauseAndReplayPromises(t: QueueScene): void {
  describe("pause and replay", () => {
    it("claims nothing from a paused system, and goes on when it is resumed", async () => {
      await t.change("res.partner,1");
      await t.queue.pause(t.system, "credential", "The token was refused.", null);
      expect(await t.claim()).toHaveLength(0);
      expect((await t.queue.systems()).find((s) => s.code === t.system)).toMatchObject({
        state: "paused",
        pauseKind: "credential",
        pauseReason: "The token was refused.",
      });
      await t.queue.resume(t.system);
      expect(await t.claim()).toHaveLength(1);
    });

    it("ends a pause by itself when its term has passed", async () => {
      await t.change("res.partner,1");
      await t.queue.pause(t.system, "breaker", "Too many failures.", new Date(Date.now() - 1_000));
      expect(await t.claim()).toHaveLength(1);
    });

    it("knows since when a system is away, however often its pause is renewed (RES-08)", async () => {
      const since = new Date("2026-11-22T07:00:00.000Z");
      const soon = new Date(Date.now() + 60_000);
      await t.queue.pause(t.system, "breaker", "503", soon, since);
      await t.queue.pause(t.system, "breaker", "503 again", soon);
      expect((await t.fixture.systemRow(t.system))["paused_since"]).toEqual(since);
      await t.queue.resume(t.system);
      expect((await t.fixture.systemRow(t.system))["paused_since"]).toBeNull();
    });

    it("never replaces a person's pause by its own", async () => {
      await t.queue.pause(t.system, "manual", "Maintenance", null);
      await t.queue.pause(t.system, "breaker", "Too many failures.", new Date(Date.now() - 1_000));
      await t.change("res.partner,1");
      expect(await t.claim()).toHaveLength(0);
    });

    it("sends the same payload again, and keeps the history (RES-04)", async () => {
      const id = await t.deliverFirst("res.partner,1", "remote-1");
      expect(await t.queue.replay([id], "operator", true)).toEqual([id]);
      expect(await t.claim()).toMatchObject([{ id, forced: true, attempts: 1 }]);
      const attempts = await t.fixture.attempts(id);
      expect(attempts.map((attempt) => [attempt["outcome"], attempt["worker"]])).toEqual([
        ["delivered", "w1"],
        ["sent_again", "operator"],
      ]);
    });

    it("does not replay what is in flight", async () => {
      const id = await t.change("res.partner,1");
      await t.claim();
      expect(await t.queue.replay([id], "operator", true)).toEqual([]);
    });

    it("finds deliveries by what a person would filter on", async () => {
      const id = await t.change("res.partner,1", { object: "contact" });
      await t.change("res.partner,2");
      expect(await t.queue.findDeliveries({ system: t.system, object: "contact" }, 10)).toEqual([id]);
      expect(await t.queue.findDeliveries({ system: t.system, states: ["held"] }, 10)).toEqual([]);
      expect(await t.queue.findDeliveries({ system: t.system, since: new Date(Date.now() + 60_000) }, 10)).toEqual([]);
    });
  });
}
