import type { ShadowResult } from "../../../sidecar/odoo/queue";
import type { QueueScene } from "./scene";

/** Versions that run beside what is active, without anything being sent (MIG-05). */
export function shadowsPromises(t: QueueScene): void {
  describe("versions in shadow", () => {
    const result = (differing: number, now: string): ShadowResult => ({
      system: t.system,
      object: "customer",
      compared: 2,
      differing,
      failing: 0,
      differences: [{ path: "name", count: differing, examples: [{ lane: "res.partner,1", now, then: "ACME" }] }],
    });

    const inShadow = async (): Promise<number> => {
      const content = { title: "Customer", lines: [{ to: "name", from: "name" }] };
      const path = `systems/${t.system}/mappings/customer.json`;
      const version = Number((await t.fixture.version(path, content, { shadow: true }))["version_id"]);
      const known = await t.queue.shadows();
      expect(known.find(({ versionId }) => versionId === version)).toEqual({ versionId: version, path, content });
      return version;
    };

    it("are known with their content, and what they would have done adds up", async () => {
      const version = await inShadow();
      expect(await t.queue.reportShadow(version, [result(1, "Acme")])).toBe(true);
      expect(await t.queue.reportShadow(version, [result(2, "Acme Ltd")])).toBe(true);
      expect(await t.fixture.shadow(version)).toEqual([
        {
          system: t.system,
          object: "customer",
          compared: 4,
          differing: 3,
          failing: 0,
          path: "name",
          count: 3,
          examples: [
            { lane: "res.partner,1", now: "Acme Ltd", then: "ACME" },
            { lane: "res.partner,1", now: "Acme", then: "ACME" },
          ],
        },
      ]);
      await t.fixture.endShadow(version);
    });

    it("are no longer known when they end, and a late report is not kept", async () => {
      const version = await inShadow();
      await t.fixture.endShadow(version);
      expect((await t.queue.shadows()).map(({ versionId }) => versionId)).not.toContain(version);
      expect(await t.queue.reportShadow(version, [result(1, "Acme")])).toBe(false);
      expect(await t.fixture.shadow(version)).toEqual([]);
    });
  });
}
