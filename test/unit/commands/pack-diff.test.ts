import type { Json } from "../../../sidecar/domain/json";
import { describeDiff, diffSets } from "../../../sidecar/commands/pack-diff";
import { refuseSecrets } from "../../../sidecar/commands/pack-places";

const FILE = "systems/crm/mappings/customer.json";
const set = (content: Json, file = FILE): Map<string, Json> => new Map([[file, content]]);

/** What a person reads before a set is brought into production (MIG-05). */
describe("hub pack diff", () => {
  it("names the line by its target, not by its place: a line that moved did not change", () => {
    const before = {
      title: "C",
      lines: [
        { to: "name", from: "name" },
        { to: "vat", from: "taxId" },
      ],
    };
    const after = {
      title: "C",
      lines: [
        { to: "vat", from: "taxId", required: true },
        { to: "name", from: "name" },
      ],
    };
    expect(describeDiff(diffSets(set(before), set(after)))).toBe(
      `~ ${FILE}\n    lines[vat].required: nothing → true\n`,
    );
  });

  it("names rows of value tables by their value, and tells two lines for one target apart", () => {
    const table = (to: string): Json => ({ entries: [{ from: "DE", to }] });
    expect(diffSets(set(table("Germany")), set(table("Deutschland")))[0]?.changes).toEqual([
      { path: "entries[DE].to", now: "Germany", then: "Deutschland" },
    ]);
    const twice = (second: string): Json => ({
      lines: [
        { to: "a", const: "1" },
        { to: "a", const: second },
      ],
    });
    expect(diffSets(set(twice("2")), set(twice("3")))[0]?.changes).toEqual([
      { path: "lines[a 2].const", now: "2", then: "3" },
    ]);
  });

  it("tells what is only in one of them", () => {
    const found = diffSets(set({}, "odoo/a.json"), set({}, "odoo/b.json"));
    expect(describeDiff(found)).toBe("- odoo/a.json\n+ odoo/b.json\n");
    expect(diffSets(set({ a: [1] }), set({ a: [1] }))).toEqual([]);
  });

  it("never takes a secret along (SEC-06)", () => {
    expect(() => refuseSecrets(set({ apiKey: "abc" }, "systems/crm/settings.json"))).toThrow(/secret/);
    expect(() => refuseSecrets(set({ portalId: "123" }, "systems/crm/settings.json"))).not.toThrow();
    // A table may translate such a word.
    expect(() => refuseSecrets(set({ token: "abc" }, "systems/crm/tables/kinds.json"))).not.toThrow();
  });
});
