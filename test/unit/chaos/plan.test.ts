import { KILL_POINTS } from "../../chaos/crash/kill-points";
import { makePlan } from "../../chaos/crash/plan";

describe("the plan of a crash run", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(makePlan(7, 500, 20)).toEqual(makePlan(7, 500, 20));
    expect(makePlan(8, 500, 20).fingerprint).not.toBe(makePlan(7, 500, 20).fingerprint);
  });

  it("has creates, changes, deletes and references for every system, and every point to kill at", () => {
    const { events, kills, expected } = makePlan(7, 2_000, 14);
    expect(new Set(kills.map(({ point }) => point))).toEqual(new Set(KILL_POINTS));
    for (const system of ["ledger_upsert", "ledger_window", "ledger_search", "ledger_blind"]) {
      const here = events.filter((event) => event.system === system);
      expect(new Set(here.map(({ operation }) => operation))).toEqual(new Set(["create", "write", "unlink"]));
      expect(here.filter(({ account }) => account !== null).length).toBeGreaterThan(20);
      expect(here.filter(({ coalesce }) => !coalesce).length).toBeGreaterThan(5);
    }
    expect(expected.filter(({ revision }) => revision === null).length).toBeGreaterThan(20);
  });

  it("never deletes an account that an entry stands in, or that one ever stood in", () => {
    const { events } = makePlan(9, 2_000, 1);
    const needed = new Set(events.map(({ system, account }) => `${system} ${account ?? ""}`));
    const deleted = events.filter(({ operation }) => operation === "unlink");
    expect(deleted.filter(({ system, lane }) => needed.has(`${system} ${lane}`))).toEqual([]);
  });
});
