import { delivered, failed } from "./settlements";
import type { QueueScene } from "./scene";
import type { ReplayJob, ReplayOrder } from "../../../sidecar/odoo/queue";

/** Many deliveries are sent again by a job that works in steps (RES-04). */
export function replayJobsPromises(t: QueueScene): void {
  describe("replay jobs (RES-04)", () => {
    const start = (rest: Partial<ReplayOrder> = {}): Promise<number> =>
      t.queue.startReplay({
        filter: { system: t.system },
        mode: "same",
        force: true,
        requestedBy: "operator",
        most: null,
        ...rest,
      });
    const jobOf = async (job: number): Promise<ReplayJob | undefined> => (await t.queue.replayJobs([job], 1))[0];
    const deliverMany = async (count: number): Promise<number[]> => {
      const ids: number[] = [];
      for (let n = 1; n <= count; n += 1) ids.push(await t.change(`res.partner,${n}`));
      await t.claim("w1", count);
      await t.settle(ids.map((id) => delivered(id, `remote-${id}`)));
      return ids;
    };
    /** Steps until the job has ended, as sidecars do; other jobs in the same database step as well. */
    const finish = async (job: number, rows = 3): Promise<void> => {
      while ((await jobOf(job))?.state === "running") await t.queue.replayStep(rows);
    };

    it("queues what matches, step by step, as backfill, and says how far it is", async () => {
      const ids = await deliverMany(7);
      const job = await start();
      expect(await jobOf(job)).toMatchObject({ state: "running", total: 7, queued: 0, requestedBy: "operator" });
      expect(await t.queue.replayStep(3)).toEqual({ job, mode: "same", queued: 3, skipped: 0 });
      expect(await jobOf(job)).toMatchObject({ state: "running", queued: 3 });
      await finish(job);
      expect(await jobOf(job)).toMatchObject({ state: "done", queued: 7, skipped: 0 });
      expect(await t.queue.replayStep(3)).toBeNull();
      const again = await t.claim("w1", 50);
      expect(again.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids);
      expect(again.every(({ priority, forced }) => priority === 90 && forced)).toBe(true);
      expect((await t.fixture.attempts(ids[0] ?? 0)).map((attempt) => attempt["outcome"])).toEqual([
        "delivered",
        "sent_again",
      ]);
    });

    it("queues nothing twice when several step at once (INT-04)", async () => {
      const ids = await deliverMany(30);
      const job = await start();
      const stepper = async (): Promise<void> => {
        while ((await jobOf(job))?.state === "running") await t.queue.replayStep(4);
      };
      await Promise.all([stepper(), stepper(), stepper()]);
      expect(await jobOf(job)).toMatchObject({ state: "done", queued: 30, skipped: 0 });
      for (const id of ids) expect(await t.fixture.attempts(id)).toHaveLength(2);
    });

    it("takes no part of what was recorded after it began", async () => {
      await deliverMany(2);
      const job = await start();
      const later = await t.change("res.partner,9");
      await finish(job);
      expect(await jobOf(job)).toMatchObject({ total: 2, queued: 2 });
      expect((await t.fixture.delivery(later))["priority"]).toBe(50);
    });

    it("never puts an older state in the place of a later one", async () => {
      const [first = 0] = await deliverMany(1);
      const second = await t.change("res.partner,1");
      await t.claim();
      await t.settle([delivered(second, `remote-${first}`)]);
      const job = await start();
      await finish(job);
      expect(await jobOf(job)).toMatchObject({ queued: 1, skipped: 1 });
      expect(await t.fixture.states([first, second])).toEqual(["delivered", "pending"]);
    });

    it("leaves out what is on its way", async () => {
      const [first = 0] = await deliverMany(1);
      await t.change("res.partner,2");
      await t.claim();
      const job = await start();
      await finish(job);
      expect(await jobOf(job)).toMatchObject({ total: 2, queued: 1, skipped: 1 });
      expect(await t.fixture.states([first])).toEqual(["pending"]);
    });

    it("stops when a person pauses it, goes on, and is cancelled for good", async () => {
      await deliverMany(6);
      const job = await start();
      await t.queue.replayStep(2);
      expect(await t.queue.steerReplay(job, "pause")).toBe("paused");
      await t.queue.replayStep(2);
      expect(await jobOf(job)).toMatchObject({ queued: 2 });
      expect(await t.queue.steerReplay(job, "resume")).toBe("running");
      await t.queue.replayStep(2);
      expect(await t.queue.steerReplay(job, "cancel")).toBe("cancelled");
      expect(await t.queue.steerReplay(job, "resume")).toBe("cancelled");
      await t.queue.replayStep(2);
      expect(await jobOf(job)).toMatchObject({ state: "cancelled", queued: 4 });
    });

    it("takes one record, or the oldest so many of them", async () => {
      const ids = await deliverMany(5);
      const one = await start({ filter: { system: t.system, lane: "res.partner,3" } });
      await finish(one);
      expect(await t.fixture.states(ids)).toEqual(["delivered", "delivered", "pending", "delivered", "delivered"]);
      const few = await start({ filter: { system: t.system, states: ["delivered"] }, most: 2 });
      await finish(few, 10);
      expect(await jobOf(few)).toMatchObject({ total: 2, queued: 2 });
      expect(await t.fixture.states(ids)).toEqual(["pending", "pending", "pending", "delivered", "delivered"]);
    });

    it("frees what failed after a correction", async () => {
      const held = await t.change("res.partner,1");
      await t.claim();
      await t.settle([failed(held, "held", { kind: "data", code: "mapping_required_missing" })]);
      const job = await start({ filter: { system: t.system, states: ["held", "dead"] }, force: false });
      await finish(job);
      expect(await t.claim()).toMatchObject([{ id: held, forced: false }]);
    });

    it("refuses to send everything again, and an order it does not know", async () => {
      // The database calls it bad data; over the API it is a rule of Odoo that refuses. Either way nobody tries it again.
      const refused = { kind: expect.stringMatching(/^(data|business)$/) as string };
      await expect(start({ filter: {} })).rejects.toMatchObject(refused);
      await expect(t.queue.steerReplay(2_000_000_000, "pause")).rejects.toMatchObject(refused);
    });
  });
}
