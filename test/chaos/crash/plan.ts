import { createHash } from "node:crypto";
import type { Operation } from "../../../sidecar/domain/delivery";
import { EDITIONS } from "../../sandbox/vendors/ledger";
import type { Change } from "../../support/queue-fixture";
import { KILL_POINTS, type KillPoint } from "./kill-points";
import { Random } from "./random";

/** One business change of the run. */
export interface PlannedEvent {
  system: string;
  lane: string;
  operation: Operation;
  /** 1 for the create, one more with every change; the record carries it to the vendor. */
  revision: number;
  /** False where every version has to arrive, true where the last one is enough. */
  coalesce: boolean;
  /** For an entry: the account it stands in. */
  account: string | null;
}

/** What a record has to be at its vendor in the end. */
export interface Expected {
  system: string;
  lane: string;
  type: "account" | "entry";
  /** The last version; null when the record was deleted. */
  revision: number | null;
  account: string | null;
  /** Versions that must have arrived: all of them, or the last one. */
  mustArrive: number[];
}

/** One kill: where, and which of the point's variants. */
export interface PlannedKill {
  point: KillPoint;
  /** 0 to less than 1; each point makes its own choice of it. */
  dice: number;
}

export interface Plan {
  seed: number;
  events: PlannedEvent[];
  expected: Expected[];
  kills: PlannedKill[];
  /** The same for the same seed and sizes. */
  fingerprint: string;
}

interface LiveRecord {
  lane: string;
  revision: number;
  coalesce: boolean;
  account: string | null;
  /** Something refers or referred to it, so that it must stay. */
  needed: boolean;
}

/** Shares of the events; a system where people have to help gets fewer. */
const SHARE: Record<string, number> = { upsert: 0.3, window: 0.27, search: 0.27, blind: 0.16 };

/** What happens in the run, all of it drawn from the seed: the changes in Odoo, and where the sidecars are killed. */
export function makePlan(seed: number, events: number, kills: number): Plan {
  const story = new Story(new Random(seed));
  for (let n = 0; n < events; n += 1) story.next();
  const random = new Random(seed + 1);
  const points = Array.from({ length: kills }, (_, n) => KILL_POINTS[n % KILL_POINTS.length] as KillPoint);
  const planned = random.shuffled(points).map((point) => ({ point, dice: random.next() }));
  const text = JSON.stringify([story.events, planned]);
  const fingerprint = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return { seed, events: story.events, expected: story.expected(), kills: planned, fingerprint };
}

/** A change as the addon would record it. */
export function changeOf(event: PlannedEvent): Change {
  const id = Number(event.lane.split(",")[1]);
  const common = { system: event.system, lane: event.lane, operation: event.operation, coalesce: event.coalesce };
  if (event.lane.startsWith("res.partner,")) {
    const record = { name: `Account ${id}`, ref: String(event.revision), active: true, is_company: true };
    return { ...common, object: "customer", record };
  }
  const accountId = Number((event.account ?? "").split(",")[1]);
  const partner = { id: accountId, model: "res.partner", name: `Account ${accountId}`, is_company: true };
  const record = {
    name: `Entry ${id}`,
    description: String(event.revision),
    active: true,
    partner_id: { ...partner, commercial_partner_id: partner },
  };
  return { ...common, object: "project", record };
}

class Story {
  readonly events: PlannedEvent[] = [];
  private readonly records = new Map<string, { accounts: LiveRecord[]; entries: LiveRecord[] }>();
  private readonly ends = new Map<string, Expected>();
  private nextId = 1;

  constructor(private readonly random: Random) {
    for (const edition of EDITIONS) this.records.set(`ledger_${edition}`, { accounts: [], entries: [] });
  }

  expected(): Expected[] {
    return [...this.ends.values()];
  }

  next(): void {
    const system = this.system();
    const live = this.records.get(system);
    if (!live) throw new Error(`There is no system ${system}.`);
    const all = [...live.accounts, ...live.entries];
    const dice = this.random.next();
    if (live.accounts.length === 0 || all.length < 3 || dice < 0.22) this.create(system, live);
    else if (dice < 0.92) this.change(system, this.random.pick(all), live.accounts);
    else this.remove(system, live);
  }

  private system(): string {
    const dice = this.random.next();
    let sum = 0;
    for (const edition of EDITIONS) {
      sum += SHARE[edition] ?? 0;
      if (dice < sum) return `ledger_${edition}`;
    }
    return `ledger_${EDITIONS[0] ?? ""}`;
  }

  private create(system: string, live: { accounts: LiveRecord[]; entries: LiveRecord[] }): void {
    const isAccount = live.accounts.length === 0 || this.random.chance(0.4);
    const id = this.nextId++;
    const parent = isAccount ? null : this.random.pick(live.accounts);
    if (parent) parent.needed = true;
    const record: LiveRecord = {
      lane: `${isAccount ? "res.partner" : "project.project"},${id}`,
      revision: 0,
      coalesce: isAccount || this.random.chance(0.7),
      account: parent?.lane ?? null,
      needed: false,
    };
    (isAccount ? live.accounts : live.entries).push(record);
    this.note(system, record, "create");
  }

  /** Often one of the last few records once more, so that changes of one record follow each other closely. */
  private change(system: string, chosen: LiveRecord, accounts: LiveRecord[]): void {
    const last = this.events.at(-1);
    const again = last?.system === system && this.random.chance(0.3) ? this.find(system, last.lane) : undefined;
    const record = again ?? chosen;
    if (record.account !== null && this.random.chance(0.1)) {
      const moved = this.random.pick(accounts);
      moved.needed = true;
      record.account = moved.lane;
    }
    this.note(system, record, "write");
  }

  private remove(system: string, live: { accounts: LiveRecord[]; entries: LiveRecord[] }): void {
    const removable = [...live.entries, ...live.accounts.filter((account) => !account.needed)];
    if (removable.length === 0) return this.create(system, live);
    const record = this.random.pick(removable);
    live.accounts = live.accounts.filter((one) => one !== record);
    live.entries = live.entries.filter((one) => one !== record);
    this.note(system, record, "unlink");
  }

  private find(system: string, lane: string): LiveRecord | undefined {
    const live = this.records.get(system);
    return [...(live?.accounts ?? []), ...(live?.entries ?? [])].find((record) => record.lane === lane);
  }

  private note(system: string, record: LiveRecord, operation: Operation): void {
    record.revision += 1;
    const { lane, revision, coalesce, account } = record;
    this.events.push({ system, lane, operation, revision, coalesce, account });
    const name = `${system} ${lane}`;
    const gone = operation === "unlink";
    const before = this.ends.get(name)?.mustArrive ?? [];
    const kept = coalesce ? [] : before;
    this.ends.set(name, {
      system,
      lane,
      type: lane.startsWith("res.partner,") ? "account" : "entry",
      revision: gone ? null : revision,
      account,
      mustArrive: gone ? kept : [...kept, revision],
    });
  }
}
