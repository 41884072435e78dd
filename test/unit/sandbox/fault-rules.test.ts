import { FAULT_KINDS } from "../../sandbox/fault-rule";
import { Faults } from "../../sandbox/faults";

/** A schedule that is not what its author meant would prove nothing, so whatever is not understood is refused (TST-11). */
describe("a fault that is asked for", () => {
  const fault = { kind: "status" };
  const add = (rule: object) => (): string => new Faults().add(rule as never);

  it.each([
    ["an unknown system", { system: "hubpot", fault }, /"system" must be one of the systems hubspot, asana, bamboohr/],
    ["an unknown kind", { system: "asana", fault: { kind: "earthquake" } }, /"kind" must be one of the kinds status, /],
    ["an unknown key", { system: "asana", fault, time: 3 }, /there is no "time"; did you mean "times"\?/],
    ["an option of another kind", { system: "asana", fault: { kind: "html", delayMs: 5 } }, /does not take "delayMs"/],
    ["an unknown match", { system: "asana", fault, match: { url: "/x" } }, /match: there is no "url"/],
    ["a probability that is none", { system: "asana", fault, probability: 5 }, /above 0, up to 1/],
    ["a number of times below one", { system: "asana", fault, times: 0 }, /"times" must be a whole number from 1/],
    ["a moment that is none", { system: "asana", fault, from: "tomorrow" }, /ISO 8601/],
    ["a method that is none", { system: "asana", fault, match: { method: "GTE" } }, /"method" must be an HTTP method/],
    ["a path that none begins with", { system: "asana", fault, match: { path: "tasks" } }, /from its "\/" on/],
    ["an end before its beginning", { system: "asana", fault, from: 2, until: 1 }, /"until" must be later than "from"/],
    ["a status that ends nothing", { system: "asana", fault: { ...fault, status: 100 } }, /from 200 to 599/],
    ["a header that cannot be sent", { system: "asana", fault: { ...fault, headers: { "a b": "c" } } }, /"a b"/],
    ["a wait that no timer takes", { system: "asana", fault: { kind: "slow", delayMs: 3e9 } }, /to 2147483647/],
    ["a list for a system", { system: ["asana"], fault }, /"system" must be one of/],
    ["a key that every object has", { system: "asana", fault, constructor: 1 }, /there is no/],
    ["two beginnings", { system: "asana", fault, from: 0, afterMs: 5 }, /either "from" or "afterMs"/],
    ["no fault", { system: "asana" }, /"fault" is missing/],
    ["a lag for single requests", { system: "asana", fault: { kind: "search_lag" }, times: 1 }, /not take "times"/],
  ])("with %s is refused with the place and what is wrong", (_what, rule, said) => {
    expect(add(rule)).toThrow(said);
  });

  it("is taken with every kind there is", () => {
    const faults = new Faults();
    for (const kind of FAULT_KINDS) faults.add({ system: "asana", fault: { kind } });
    expect(faults.list().map((one) => one.fault.kind)).toEqual(FAULT_KINDS);
  });
});

describe("a schedule of faults", () => {
  const rule = (more: object = {}): never =>
    ({ system: "asana", fault: { kind: "slow", delayMs: 1 }, ...more }) as never;
  const strikes = (faults: Faults, count: number): boolean[] =>
    Array.from({ length: count }, () => faults.strike("asana", "GET", "/tasks") !== null);

  beforeEach(() => void jest.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void jest.useRealTimers());

  it("strikes between its beginning and its end, and says how it stands", () => {
    const faults = new Faults();
    faults.load({ faults: [rule({ afterMs: 1_000, durationMs: 500 })] });
    expect([strikes(faults, 1), faults.list()[0]?.state, faults.over()]).toEqual([[false], "to come", false]);
    jest.setSystemTime(1_001_000);
    expect([strikes(faults, 1), faults.list()[0]?.state]).toEqual([[true], "on"]);
    jest.setSystemTime(1_001_500);
    expect([strikes(faults, 1), faults.list()[0]?.state, faults.over()]).toEqual([[false], "over", true]);
  });

  it("takes moments as well", () => {
    const faults = new Faults();
    const at = (ms: number): string => new Date(ms).toISOString();
    faults.load({ faults: [rule({ from: at(1_002_000), until: 1_003_000 })] });
    expect(faults.list()[0]).toMatchObject({ begins: 1_002_000, ends: 1_003_000, state: "to come" });
  });

  it("spares the first requests and strikes as many as it was told", () => {
    const faults = new Faults();
    faults.load({ faults: [rule({ skip: 2, times: 1 })] });
    expect(strikes(faults, 4)).toEqual([false, false, true, false]);
    expect(faults.over()).toBe(true);
  });

  it("strikes the same requests in every run with the same seed", () => {
    const run = (seed: number): boolean[] => {
      const faults = new Faults();
      faults.load({ seed, faults: [rule({ probability: 0.5 })] });
      return strikes(faults, 64);
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it("takes the place of the faults there were, and changes nothing when any part of it is wrong", () => {
    const faults = new Faults();
    faults.add(rule());
    expect(() => faults.load({ faults: [rule(), rule({ tims: 1 })] })).toThrow(/schedule\.faults\[1\].*"times"/);
    expect(faults.list()).toHaveLength(1);
    expect(faults.load({ faults: [rule(), rule()] })).toHaveLength(2);
    expect(faults.list()).toHaveLength(2);
    expect(() => faults.load({ falts: [] } as never)).toThrow(/did you mean "faults"/);
  });

  it("lets a search lag only while it lasts", () => {
    const faults = new Faults();
    faults.load({ faults: [rule({ fault: { kind: "search_lag", lagMs: 700 }, durationMs: 100 })] });
    expect([faults.lagMs("asana"), faults.lagMs("hubspot"), strikes(faults, 1)]).toEqual([700, 0, [false]]);
    jest.setSystemTime(1_000_100);
    expect(faults.lagMs("asana")).toBe(0);
  });
});
