/** What can be made to go wrong; docs/sandbox.md describes each. */
export const FAULT_KINDS = [
  "status",
  "slow",
  "reset_before",
  "reset_after_apply",
  "timeout_after_apply",
  "html",
  "truncated",
  "wrong_content_type",
  "schema_change",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  kind: FaultKind;
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  delayMs?: number;
}

export interface FaultRule {
  system: string;
  match?: { method?: string; path?: string };
  fault: Fault;
  /** How many requests it strikes; without end where absent. */
  times?: number;
  /** Share of matching requests it strikes, 0 to 1. */
  probability?: number;
  /** Makes the share come out the same in every run. */
  seed?: number;
}

export interface ActiveFault extends FaultRule {
  id: string;
  /** Requests struck so far. */
  struck: number;
}

/** The faults that are switched on. */
export class Faults {
  private readonly active = new Map<string, { fault: ActiveFault; random: () => number }>();
  private next = 1;

  add(rule: FaultRule): string {
    if (!FAULT_KINDS.includes(rule.fault.kind)) {
      throw new Error(`There is no fault "${String(rule.fault.kind)}"; there are ${FAULT_KINDS.join(", ")}.`);
    }
    const id = `fault-${this.next++}`;
    const random = rule.seed === undefined ? Math.random : seeded(rule.seed);
    this.active.set(id, { fault: { ...rule, id, struck: 0 }, random });
    return id;
  }

  remove(id: string): boolean {
    return this.active.delete(id);
  }

  clear(): void {
    this.active.clear();
  }

  list(): ActiveFault[] {
    return [...this.active.values()].map(({ fault }) => fault);
  }

  /** The fault that strikes this request, if any; the oldest rule first. `path` begins below the system's own prefix. */
  strike(system: string, method: string, path: string): Fault | null {
    for (const { fault, random } of this.active.values()) {
      if (fault.system !== system) continue;
      if (fault.match?.method !== undefined && fault.match.method.toUpperCase() !== method) continue;
      if (fault.match?.path !== undefined && !path.startsWith(fault.match.path)) continue;
      if (fault.times !== undefined && fault.struck >= fault.times) continue;
      if (fault.probability !== undefined && random() >= fault.probability) continue;
      fault.struck += 1;
      return fault.fault;
    }
    return null;
  }
}

/** Small repeatable random numbers (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
