import type { Expected, PlannedEvent } from "../../chaos/crash/plan";
import { account, verify, type Effect, type Facts } from "../../chaos/crash/verify";

const SYSTEM = "ledger_search";
const LANE = "project.project,2";
const ACCOUNT = "res.partner,1";

/** An account, and an entry in it that was made and changed once; everything as it has to be. */
function kept(): Facts {
  const event = (lane: string, revision: number, operation: PlannedEvent["operation"]): PlannedEvent => ({
    system: SYSTEM,
    lane,
    operation,
    revision,
    coalesce: true,
    account: lane === LANE ? ACCOUNT : null,
  });
  const delivery = (id: number, one: PlannedEvent): Facts["deliveries"][number] => {
    return { event: one, id, state: "delivered", leased: false, errorCode: null, attempts: ["delivered"] };
  };
  const expected = (lane: string, type: "account" | "entry", revision: number): Expected => {
    return { system: SYSTEM, lane, type, revision, account: lane === LANE ? ACCOUNT : null, mustArrive: [revision] };
  };
  return {
    expected: [expected(ACCOUNT, "account", 1), expected(LANE, "entry", 2)],
    deliveries: [
      delivery(1, event(ACCOUNT, 1, "create")),
      delivery(2, event(LANE, 1, "create")),
      delivery(3, event(LANE, 2, "write")),
    ],
    effects: [effect("created", 1, ACCOUNT), effect("created", 1), effect("updated", 2)],
    remote: [
      { system: SYSTEM, type: "account", lane: ACCOUNT, id: "acc_1", revision: 1, accountId: null },
      { system: SYSTEM, type: "entry", lane: LANE, id: "ent_1", revision: 2, accountId: "acc_1" },
    ],
    links: [
      { system: SYSTEM, lane: ACCOUNT, type: "account", externalId: "acc_1" },
      { system: SYSTEM, lane: LANE, type: "entry", externalId: "ent_1" },
    ],
  };
}

function effect(what: Effect["effect"], revision: number | null, lane = LANE): Effect {
  return { system: SYSTEM, lane, effect: what, revision };
}

/** The same with something broken; answers what was found of it. */
function broken(change: (facts: Facts) => void): string[] {
  const facts = kept();
  change(facts);
  return verify(facts).map(({ kind, what }) => `${kind}: ${what}`);
}

/** The crash run is worth what these checks notice: each kind of damage, done on purpose, is found. */
describe("the comparison after a crash run (RES-05, TST-12)", () => {
  it("finds nothing where every promise was kept", () => {
    expect(verify(kept())).toEqual([]);
    expect(account(kept())).toEqual({ effects: 3, delivered: 3, linked: 0, unknown: 0, repeated: 0 });
  });

  it("accepts a second effect of a try whose outcome was unknown, and says so", () => {
    const facts = kept();
    facts.effects.push(effect("updated", 2));
    facts.deliveries[2]?.attempts.unshift("unknown");
    expect(verify(facts)).toEqual([]);
    expect(account(facts)).toMatchObject({ effects: 4, delivered: 3, unknown: 1 });
  });

  it.each<[string, (facts: Facts) => void, RegExp]>([
    [
      "a record that stands twice",
      (facts) => facts.remote.push({ ...(facts.remote[1] as Facts["remote"][number]), id: "ent_2" }),
      /doubled: stands 2 times/,
    ],
    ["a record that was created twice", (facts) => facts.effects.push(effect("created", 2)), /doubled: was created 2/],
    ["a record that is not there", (facts) => facts.remote.pop(), /lost: does not stand/],
    ["an old version", (facts) => ((facts.remote[1] as { revision: number }).revision = 1), /lost: is at version 1/],
    [
      "a wrong reference",
      (facts) => ((facts.remote[1] as { accountId: string }).accountId = "acc_9"),
      /lost: stands in account acc_9/,
    ],
    ["a version that never arrived", (facts) => facts.effects.pop(), /lost: versions never arrived: 2/],
    [
      "versions the wrong way round",
      (facts) => facts.effects.push(effect("updated", 1)),
      /out of order: version 1 arrived after version 2/,
    ],
    [
      "a change after the delete",
      (facts) => facts.effects.splice(2, 0, effect("deleted", null)),
      /out of order: was updated after it had been deleted/,
    ],
    [
      "a record that should be gone",
      (facts) => ((facts.expected[1] as { revision: number | null }).revision = null),
      /lost: was deleted in Odoo and still stands/,
    ],
    [
      "a delivery that is not at its end",
      (facts) => state(facts, "processing"),
      /not settled: delivery 3 is processing/,
    ],
    [
      "a lease that is left",
      (facts) => ((facts.deliveries[2] as { leased: boolean }).leased = true),
      /still has a lease/,
    ],
    ["a link to another record", (facts) => facts.links.pop(), /audit: is linked to nothing/],
    [
      "an effect that no attempt accounts for",
      (facts) => facts.effects.push(effect("updated", 2)),
      /audit: .*2 effects/,
    ],
    ["a success without an effect", (facts) => facts.effects.splice(1, 1), /audit: .*saw nothing of it/],
    [
      "a success that was noted twice",
      (facts) => facts.deliveries[2]?.attempts.push("delivered"),
      /audit: .*2 of its attempts say so/,
    ],
    ["an effect of what was superseded", (facts) => state(facts, "superseded"), /audit: .*was superseded and had 1/],
  ])("notices %s", (_what, change, message) => {
    expect(broken(change).join("\n")).toMatch(message);
  });
});

function state(facts: Facts, name: string): void {
  (facts.deliveries[2] as { state: string }).state = name;
}
