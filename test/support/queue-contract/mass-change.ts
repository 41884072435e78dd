import { delivered, failed } from "./settlements";
import type { QueueScene } from "./scene";

/** Above a rule's limits the rest waits for one approval: a wrong import stops here, not in every connected system. */
export function massChangePromises(t: QueueScene): void {
  describe("mass-change brake (GOV-08)", () => {
    /** So many records changed at once, one after the other. */
    const wave = async (count: number, rule: number, rest: Partial<Parameters<typeof t.change>[1]> = {}, from = 1) => {
      const ids: number[] = [];
      for (let n = from; n < from + count; n += 1) ids.push(await t.change(`res.partner,${n}`, { rule, ...rest }));
      return ids;
    };
    const claimAll = async (worker = "w1"): Promise<number[]> => (await t.claim(worker, 100)).map(({ id }) => id);

    it("sends as many as the limit allows and holds the rest for one decision", async () => {
      const rule = await t.fixture.rule("Contact changed", { removals: 5 });
      const ids = await wave(12, rule, { operation: "unlink" });
      const { claimed, braked } = await t.queue.claim("w1", t.system, 100, 60);
      expect(claimed.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids.slice(0, 5));
      expect(braked).toBe(7);
      expect(await t.fixture.delivery(ids[11] ?? 0)).toMatchObject({
        state: "held",
        error_kind: "policy",
        error_code: "mass_change",
        error_message: expect.stringMatching(/"Contact changed".*deleted or archived.*5/) as string,
      });
      expect(await t.fixture.brakes(t.system)).toMatchObject([
        { state: "waiting", effect: "remove", most: 5, sent: 5 },
      ]);
    });

    it("adds up many small changes, and holds all that follows while it waits for the decision", async () => {
      const rule = await t.fixture.rule("Contact changed", { changes: 5 });
      for (let n = 0; n < 4; n += 1) {
        await wave(2, rule, {}, 1 + 2 * n);
        await claimAll();
      }
      expect(await t.fixture.brakes(t.system)).toMatchObject([{ state: "waiting", sent: 5 }]);
      await t.fixture.letMinutesPass(11);
      await wave(1, rule, {}, 50);
      expect(await claimAll()).toEqual([]);
      expect(await t.fixture.brakes(t.system)).toHaveLength(1);
    });

    it("lets slow traffic pass for ever: only what came within the interval counts", async () => {
      const rule = await t.fixture.rule("Contact changed", { changes: 5 });
      for (let n = 0; n < 4; n += 1) {
        await wave(4, rule, {}, 1 + 4 * n);
        expect(await claimAll()).toHaveLength(4);
        await t.fixture.letMinutesPass(11);
      }
    });

    it("is exact when several sidecars claim at once (INT-04)", async () => {
      const rule = await t.fixture.rule("Contact changed", { creates: 7 });
      const ids = await wave(40, rule, { operation: "create" });
      const workers = Array.from({ length: 8 }, async (_, n) => t.queue.claim(`w${n}`, t.system, 5, 60));
      const claims = await Promise.all(workers);
      const sent = claims.flatMap(({ claimed }) => claimed);
      const held = claims.reduce((sum, { braked }) => sum + braked, 0);
      expect(sent).toHaveLength(7);
      expect(sent.length + held).toBe(ids.length);
      expect(await t.fixture.brakes(t.system)).toHaveLength(1);
    });

    it("lets all of it go with one approval, and the rest of the same wave after it", async () => {
      const rule = await t.fixture.rule("Contact changed", { creates: 3 });
      const ids = await wave(8, rule, { operation: "create" });
      await claimAll();
      const [brake] = await t.fixture.brakes(t.system);
      expect(await t.fixture.decideBrake(brake?.["id"], true)).toBe(5);
      const more = await wave(6, rule, { operation: "create" }, 20);
      // A claim's answer has no order.
      expect((await claimAll()).sort((a, b) => a - b)).toEqual([...ids.slice(3), ...more]);
      expect(await t.fixture.attempts(ids[7] ?? 0)).toMatchObject([{ outcome: "person_released", worker: "Operator" }]);
      await t.fixture.letMinutesPass(11);
      expect(await wave(4, rule, { operation: "create" }, 40).then(() => claimAll())).toHaveLength(3);
      expect(await t.fixture.brakes(t.system)).toMatchObject([{ state: "approved" }, { state: "waiting" }]);
    });

    it("cancels all of it with one rejection; what came later for a record still goes", async () => {
      const rule = await t.fixture.rule("Contact changed", { changes: 2 });
      const ids = await wave(4, rule);
      await claimAll();
      const later = await t.change("res.partner,4");
      expect(await claimAll()).toEqual([]);
      const [brake] = await t.fixture.brakes(t.system);
      expect(await t.fixture.decideBrake(brake?.["id"], false, "Wrong file")).toBe(2);
      expect(await t.fixture.decideBrake(brake?.["id"], true)).toBe(0);
      expect(await t.fixture.states(ids.slice(2))).toEqual(["cancelled", "cancelled"]);
      expect(await t.fixture.attempts(ids[3] ?? 0)).toMatchObject([{ outcome: "cancelled", reason: "Wrong file" }]);
      expect(await claimAll()).toEqual([later]);
    });

    it("counts a delivery once, however often it is tried, handed back or replayed", async () => {
      const rule = await t.fixture.rule("Contact changed", { changes: 2 });
      const [first = 0, second = 0] = await wave(2, rule);
      await claimAll();
      await t.settle([{ id: first, outcome: "released", exchange: null }, failed(second, "retry", {})]);
      await t.fixture.letTimePass(t.system);
      expect(await claimAll()).toHaveLength(2);
      await t.settle([delivered(first, "a"), delivered(second, "b")]);
      expect(await t.queue.replay([first, second], "operator", true)).toHaveLength(2);
      expect(await claimAll()).toHaveLength(2);
    });

    it("leaves backfills, rules without a limit and other effects alone", async () => {
      const rule = await t.fixture.rule("Contact changed", { creates: 1 });
      await wave(3, rule, { operation: "create", priority: 80 });
      await wave(3, rule, {}, 10);
      await wave(1, rule, { operation: "create" }, 20);
      expect(await claimAll()).toHaveLength(7);
    });

    it("is not passed by a replay: the whole of it is decided at once", async () => {
      const rule = await t.fixture.rule("Contact changed", { changes: 1 });
      const ids = await wave(2, rule);
      await claimAll();
      expect(await t.queue.replay(ids, "operator", true)).toEqual([]);
    });
  });
}
