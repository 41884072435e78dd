import { differences } from "../../../sidecar/questions/differences";

/** What people are shown as different, and what they are spared (MAP-09). */
describe("differences", () => {
  it("names every field that differs, by its path, what is missing too", () => {
    const now = { name: "A", address: { city: "Gent", zip: "9000" }, tags: ["x"] };
    const then = { name: "A", address: { city: "Brugge" }, tags: ["x", "y"], site: { url: "b" } };
    expect(differences(now, then)).toEqual([
      { path: "address.city", now: "Gent", then: "Brugge" },
      { path: "address.zip", now: "9000", then: null },
      { path: "tags", now: ["x"], then: ["x", "y"] },
      { path: "site.url", now: null, then: "b" },
    ]);
  });

  it("does not mind the order of keys, in lists neither", () => {
    expect(differences({ when: { all: [{ a: 1, b: 2 }] } }, { when: { all: [{ b: 2, a: 1 }] } })).toEqual([]);
  });

  it.each([
    ["an empty text and nothing", "", null],
    ["a number and its text", "12.5", 12.5],
    ["a truth value and its text", "true", true],
    ["a reference and its id", { gid: "77", name: "Ann" }, "77"],
    ["references and their ids", [{ id: "1" }, { id: "2" }], ["1", "2"]],
    ["one moment in two forms", "2026-11-22T07:00:00.000Z", "2026-11-22T07:00:00Z"],
  ])("takes %s for the same in a vendor's answer, and not between two of our documents", (_what, now, then) => {
    expect(differences({ field: now }, { field: then }, true)).toEqual([]);
    expect(differences({ field: now }, { field: then })).not.toEqual([]);
  });

  it.each([
    ["another number", "12", 13],
    ["false and nothing", null, false],
    ["zero and nothing", "", 0],
    ["another reference", { gid: "77" }, "78"],
    ["another moment", "2026-11-22T07:00:00Z", "2026-11-22T08:00:00Z"],
  ])("tells %s apart all the same", (_what, now, then) => {
    expect(differences({ field: now }, { field: then }, true)).toHaveLength(1);
  });
});
