import { parseFaultRule, parseSchedule, toMoment, type Fault, type FaultRule, type FaultSchedule } from "./fault-rule";
import { seeded } from "./seeded";

export type FaultState = "to come" | "on" | "over";

/** A fault as it stands. */
export interface ActiveFault extends FaultRule {
  id: string;
  state: FaultState;
  /** Requests that matched while it was on, and how many of them it struck. */
  matched: number;
  struck: number;
  /** Milliseconds since the epoch; null where it has no end. */
  begins: number;
  ends: number | null;
}

interface Entry {
  id: string;
  rule: FaultRule;
  random: () => number;
  begins: number;
  ends: number;
  matched: number;
  struck: number;
}

/** The faults that were asked for. Their times are real ones: the sandbox's movable clock does not end them. */
export class Faults {
  private readonly entries = new Map<string, Entry>();
  private next = 1;

  /** @throws FaultError when the rule is not one */
  add(rule: FaultRule): string {
    return this.enter(parseFaultRule(rule));
  }

  /**
   * Forgets the faults there are and begins the schedule now; answers the ids, in its order.
   * @throws FaultError when anything in it is wrong; nothing has changed then
   */
  load(schedule: FaultSchedule): string[] {
    const { seed, faults } = parseSchedule(schedule);
    this.clear();
    return faults.map((rule, index) => this.enter(seed === undefined ? rule : { seed: seed + index, ...rule }));
  }

  remove(id: string): boolean {
    return this.entries.delete(id);
  }

  clear(): void {
    this.entries.clear();
  }

  list(): ActiveFault[] {
    const now = Date.now();
    return [...this.entries.values()].map((entry) => {
      const { id, rule, begins, ends, matched, struck } = entry;
      return { ...rule, id, state: stateOf(entry, now), matched, struck, begins, ends: finite(ends) };
    });
  }

  /** Whether nothing will strike any more. */
  over(): boolean {
    return this.list().every(({ state }) => state === "over");
  }

  /** The fault that strikes this request, if any; the oldest rule first. `path` begins below the system's own prefix. */
  strike(system: string, method: string, path: string): Fault | null {
    const now = Date.now();
    for (const entry of this.entries.values()) {
      const { rule } = entry;
      if (rule.system !== system || rule.fault.kind === "search_lag" || stateOf(entry, now) !== "on") continue;
      if (rule.match?.method !== undefined && rule.match.method.toUpperCase() !== method) continue;
      if (rule.match?.path !== undefined && !path.startsWith(rule.match.path)) continue;
      entry.matched += 1;
      if (entry.matched <= (rule.skip ?? 0)) continue;
      if (rule.probability !== undefined && entry.random() >= rule.probability) continue;
      entry.struck += 1;
      return rule.fault;
    }
    return null;
  }

  /** How long the system's lists lag behind because of a fault, in milliseconds. */
  lagMs(system: string): number {
    const now = Date.now();
    const lags = [...this.entries.values()]
      .filter((entry) => entry.rule.system === system && entry.rule.fault.kind === "search_lag")
      .filter((entry) => stateOf(entry, now) === "on");
    return Math.max(0, ...lags.map(({ rule }) => rule.fault.lagMs ?? 5_000));
  }

  private enter(rule: FaultRule): string {
    const id = `fault-${this.next++}`;
    const begins = rule.from === undefined ? Date.now() + (rule.afterMs ?? 0) : toMoment(rule.from);
    const ends = rule.until === undefined ? begins + (rule.durationMs ?? Infinity) : toMoment(rule.until);
    const random = rule.seed === undefined ? Math.random : seeded(rule.seed);
    this.entries.set(id, { id, rule, random, begins, ends, matched: 0, struck: 0 });
    return id;
  }
}

function stateOf({ rule, begins, ends, struck }: Entry, now: number): FaultState {
  if (now >= ends || (rule.times !== undefined && struck >= rule.times)) return "over";
  return now < begins ? "to come" : "on";
}

function finite(moment: number): number | null {
  return Number.isFinite(moment) ? moment : null;
}
