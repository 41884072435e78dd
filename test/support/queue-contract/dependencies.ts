import { failed, waiting } from "./settlements";
import type { QueueScene } from "./scene";

/** A delivery that needs another record's link first. */
export function dependenciesPromises(t: QueueScene): void {
  describe("dependencies", () => {
    it("lets a delivery wait for another record's link, and start by itself when it is there", async () => {
      const contact = await t.change("res.partner,2", { object: "contact" });
      await t.claim();
      expect(await t.settle([waiting(contact, "res.partner,1")])).toMatchObject([{ state: "waiting" }]);
      await t.deliverFirst("res.partner,1", "remote-1");
      const [next] = await t.claim();
      expect(next).toMatchObject({ id: contact, attempts: 1 });
    });

    it("does not sleep when the link came between the look and the settle", async () => {
      const contact = await t.change("res.partner,2", { object: "contact" });
      await t.claim();
      await t.deliverFirst("res.partner,1", "remote-1", "w2");
      expect(await t.settle([waiting(contact, "res.partner,1")])).toMatchObject([{ state: "pending" }]);
    });

    it("releases everything that was held for the same missing reference", async () => {
      const ids = [await t.change("res.partner,2"), await t.change("res.partner,3")];
      await t.claim();
      await t.settle(
        ids.map((id) => ({
          ...failed(id, "held", { kind: "data", code: "missing_reference" }),
          waitFor: "res.partner,1",
        })),
      );
      await t.deliverFirst("res.partner,1", "remote-1");
      expect((await t.claim()).map((d) => d.id)).toEqual(ids);
    });
  });
}
