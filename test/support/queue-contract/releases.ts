import { HubError } from "../../../sidecar/domain/errors";
import type { QueueScene } from "./scene";
import { failed } from "./settlements";

/** Under which release a delivery goes (MAP-12), and what Odoo asks. */
export function releasesPromises(t: QueueScene): void {
  describe("releases", () => {
    it("has a delivery finish under the release of its event, and the next go under the new one (MAP-12)", async () => {
      const before = await t.queue.currentRelease();
      const queued = await t.change("res.partner,1");
      const made = await t.fixture.release([]);
      expect(made).toBe(before + 1);
      expect(await t.queue.currentRelease()).toBe(made);
      const next = await t.change("res.partner,2");
      expect(releaseOf(await t.claim())).toEqual({ [queued]: before, [next]: made });
    });

    it("keeps a delivery's release through automatic retries, and sends it again exactly as it was", async () => {
      const id = await t.change("res.partner,1");
      const [first] = await t.claim();
      await t.fixture.release([]);
      await t.settle([failed(id, "retry", {})]);
      await t.fixture.letTimePass(t.system);
      expect(releaseOf(await t.claim())).toEqual({ [id]: first?.release });
      await t.settle([failed(id, "held", { kind: "data" })]);
      await t.queue.replay([id], "Ann", true);
      expect(releaseOf(await t.claim())).toEqual({ [id]: first?.release });
    });

    it("takes the release in force when a person tries again what stood still: something was corrected", async () => {
      const id = await t.change("res.partner,1");
      await t.claim();
      await t.settle([failed(id, "held", { kind: "data" })]);
      const made = await t.fixture.release([]);
      await t.queue.replay([id], "Ann", false);
      expect(releaseOf(await t.claim())).toEqual({ [id]: made });
    });

    it("answers the files of a release, old ones too, and nothing for the shipped mappings", async () => {
      const first = { title: "Customer", lines: [{ to: "name", from: "name" }] };
      const second = { DE: "Germany", "": null };
      const older = await t.fixture.release([{ path: `odoo/tables/${t.system}.json`, content: first }]);
      const newer = await t.fixture.release([
        { path: `systems/${t.system}/tables/b.json`, content: second },
        { path: `systems/${t.system}/mappings/a.json`, content: first },
      ]);
      expect(await t.queue.release(0)).toEqual([]);
      expect(await t.queue.release(older)).toEqual([
        { path: `odoo/tables/${t.system}.json`, version: 1, content: first },
      ]);
      expect(await t.queue.release(newer)).toEqual([
        { path: `systems/${t.system}/mappings/a.json`, version: 1, content: first },
        { path: `systems/${t.system}/tables/b.json`, version: 1, content: second },
      ]);
      await t.fixture.release([]);
    });

    it("refuses a release that was never made", async () => {
      await expect(t.queue.release(2_000_000_000)).rejects.toThrow(HubError);
    });
  });

  describe("questions", () => {
    it("gives a question to one sidecar, and its answer to whoever waits", async () => {
      const id = await t.fixture.ask("check", { overlay: { "odoo/customer.json": null } });
      const taken = await t.queue.questions(t.worker("a"), 100);
      expect(taken.find((question) => question.id === id)).toEqual({
        id,
        kind: "check",
        request: { overlay: { "odoo/customer.json": null } },
      });
      expect((await t.queue.questions(t.worker("b"), 100)).map((question) => question.id)).not.toContain(id);
      expect(await t.queue.answer(t.worker("b"), id, { ok: false })).toBe(false);
      expect(await t.queue.answer(t.worker("a"), id, { ok: true, problems: [] })).toBe(true);
      expect(await t.fixture.answerTo(id)).toEqual({ ok: true, problems: [] });
      expect(await t.queue.answer(t.worker("a"), id, { ok: false })).toBe(false);
    });

    it("gives it to another when the first one died", async () => {
      const id = await t.fixture.ask("check", {});
      await t.queue.questions(t.worker("a"), 100);
      await t.fixture.letQuestionTimePass(id);
      expect((await t.queue.questions(t.worker("b"), 100)).map((question) => question.id)).toContain(id);
      expect(await t.queue.answer(t.worker("a"), id, { ok: true })).toBe(false);
      expect(await t.queue.answer(t.worker("b"), id, { ok: true })).toBe(true);
    });
  });
}

function releaseOf(claimed: readonly { id: number; release: number }[]): Record<number, number> {
  return Object.fromEntries(claimed.map(({ id, release }) => [id, release]));
}
