import type { Expected, PlannedEvent } from "./plan";

/** One change at a vendor, in the order of the vendor's journal. */
export interface Effect {
  system: string;
  lane: string;
  effect: "created" | "updated" | "deleted";
  /** The version that was written; null for a delete. */
  revision: number | null;
}

/** A delivery as the queue has it in the end. */
export interface DeliveryFact {
  event: PlannedEvent;
  id: number;
  state: string;
  leased: boolean;
  errorCode: string | null;
  /** Outcomes of its attempts, oldest first, people's decisions among them. */
  attempts: string[];
}

/** A live record at a vendor. */
export interface RemoteFact {
  system: string;
  type: string;
  lane: string;
  id: string;
  revision: number;
  accountId: string | null;
}

export interface LinkFact {
  system: string;
  lane: string;
  type: string;
  externalId: string;
}

/** Everything that is left when the run has come to rest. */
export interface Facts {
  expected: Expected[];
  deliveries: DeliveryFact[];
  effects: Effect[];
  remote: RemoteFact[];
  links: LinkFact[];
}

export type FindingKind = "lost" | "doubled" | "out of order" | "not settled" | "audit";

export interface Finding {
  kind: FindingKind;
  system: string;
  lane: string;
  /** What is wrong, in words. */
  what: string;
}

/** Compares what is there with what has to be. Nothing found means that every promise was kept. */
export function verify(facts: Facts): Finding[] {
  const effects = grouped(facts.effects);
  const deliveries = grouped(facts.deliveries.map((fact) => ({ ...fact, ...fact.event })));
  const remote = grouped(facts.remote);
  const links = grouped(facts.links);
  const found: Finding[] = [];
  for (const expected of facts.expected) {
    const name = nameOf(expected);
    const say = (kind: FindingKind, what: string): void => {
      found.push({ kind, system: expected.system, lane: expected.lane, what });
    };
    const live = remote.get(name) ?? [];
    const journal = effects.get(name) ?? [];
    oneRecord(expected, live, journal, say);
    content(expected, live, facts, say);
    arrivals(expected, journal, say);
    order(journal, say);
    linked(expected, live, links.get(name) ?? [], say);
    for (const delivery of deliveries.get(name) ?? []) {
      settled(delivery, say);
      audit(delivery, journal, say);
    }
  }
  return found;
}

/** How the vendors' effects add up: effects = delivered + linked + unknown − repeated. */
export interface Account {
  effects: number;
  /** Attempts that say so. */
  delivered: number;
  /** Deliveries a person linked. */
  linked: number;
  /** Effects of tries whose outcome was unknown, over and above. */
  unknown: number;
  /** Attempts that found the effect there already. */
  repeated: number;
}

export function account(facts: Facts): Account {
  const journal = grouped(facts.effects);
  const sum: Account = { effects: facts.effects.length, delivered: 0, linked: 0, unknown: 0, repeated: 0 };
  for (const delivery of facts.deliveries) {
    const effects = effectsOf(delivery, journal.get(nameOf(delivery.event)) ?? []);
    const [delivered, linked] = [count(delivery, "delivered"), count(delivery, "person_linked")];
    sum.delivered += delivered;
    sum.linked += linked;
    sum.unknown += Math.max(0, effects - delivered - linked);
    sum.repeated += Math.max(0, delivered + linked - effects);
  }
  return sum;
}

type Say = (kind: FindingKind, what: string) => void;

function oneRecord(expected: Expected, live: readonly RemoteFact[], journal: readonly Effect[], say: Say): void {
  const made = journal.filter(({ effect }) => effect === "created").length;
  if (live.length > 1)
    say("doubled", `stands ${live.length} times at the vendor: ${live.map((one) => one.id).join(", ")}`);
  else if (made > 1) say("doubled", `was created ${made} times`);
  if (expected.revision === null) {
    if (live.length > 0) say("lost", "was deleted in Odoo and still stands at the vendor");
  } else if (live.length === 0) say("lost", "does not stand at the vendor");
}

function content(expected: Expected, live: readonly RemoteFact[], facts: Facts, say: Say): void {
  const [record] = live;
  if (!record || expected.revision === null) return;
  if (record.revision !== expected.revision) {
    say("lost", `is at version ${record.revision} at the vendor, and at ${expected.revision} in Odoo`);
  }
  if (expected.account === null) return;
  const account = facts.remote.find(({ system, lane }) => system === expected.system && lane === expected.account);
  if (record.accountId !== account?.id) {
    say("lost", `stands in account ${record.accountId} at the vendor instead of ${account?.id} (${expected.account})`);
  }
}

function arrivals(expected: Expected, journal: readonly Effect[], say: Say): void {
  const arrived = new Set(journal.map(({ revision }) => revision));
  const missing = expected.mustArrive.filter((revision) => !arrived.has(revision));
  if (missing.length > 0) say("lost", `versions never arrived: ${missing.join(", ")}`);
}

function order(journal: readonly Effect[], say: Say): void {
  let highest = 0;
  let deleted = false;
  for (const { effect, revision } of journal) {
    if (deleted) say("out of order", `was ${effect} after it had been deleted`);
    if (effect === "deleted") deleted = true;
    else if ((revision ?? 0) < highest) say("out of order", `version ${revision} arrived after version ${highest}`);
    highest = Math.max(highest, revision ?? 0);
  }
}

function linked(expected: Expected, live: readonly RemoteFact[], links: readonly LinkFact[], say: Say): void {
  const [record] = live;
  const ids = links.map(({ externalId }) => externalId);
  if (expected.revision === null) {
    if (ids.length > 0) say("audit", `was deleted and is still linked to ${ids.join(", ")}`);
  } else if (record && (ids.length !== 1 || ids[0] !== record.id)) {
    say("audit", `is linked to ${ids.join(", ") || "nothing"} and stands at the vendor as ${record.id}`);
  }
}

const FINAL = new Set(["delivered", "superseded", "cancelled"]);

function settled({ id, state, leased, errorCode }: DeliveryFact, say: Say): void {
  if (!FINAL.has(state)) say("not settled", `delivery ${id} is ${state}${errorCode === null ? "" : ` (${errorCode})`}`);
  if (leased) say("not settled", `delivery ${id} still has a lease`);
}

/** Every effect belongs to a try that says so or that could not say, and every success had its effect. */
function audit(delivery: DeliveryFact, journal: readonly Effect[], say: Say): void {
  const { id, state } = delivery;
  const effects = effectsOf(delivery, journal);
  const [delivered, unknown, unchanged] = [
    count(delivery, "delivered"),
    count(delivery, "unknown"),
    count(delivery, "unchanged"),
  ];
  if (effects > delivered + unknown) {
    say("audit", `delivery ${id} had ${effects} effects, and only ${delivered + unknown} attempts account for them`);
  }
  if (state === "superseded" && effects > 0) say("audit", `delivery ${id} was superseded and had ${effects} effects`);
  if (state !== "delivered") return;
  const ended = delivered + unchanged + count(delivery, "person_linked");
  if (ended !== 1) say("audit", `delivery ${id} is delivered, and ${ended} of its attempts say so`);
  // A delete of what never arrived needs no effect.
  if (effects === 0 && unchanged === 0) say("audit", `delivery ${id} is delivered, and the vendor saw nothing of it`);
}

/** The effects that carry the delivery's version. */
function effectsOf({ event }: DeliveryFact, journal: readonly Effect[]): number {
  if (event.operation === "unlink") return journal.filter(({ effect }) => effect === "deleted").length;
  return journal.filter(({ revision }) => revision === event.revision).length;
}

function count({ attempts }: DeliveryFact, outcome: string): number {
  return attempts.filter((one) => one === outcome).length;
}

function nameOf({ system, lane }: { system: string; lane: string }): string {
  return `${system} ${lane}`;
}

function grouped<T extends { system: string; lane: string }>(facts: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const fact of facts) {
    const group = groups.get(nameOf(fact));
    if (group) group.push(fact);
    else groups.set(nameOf(fact), [fact]);
  }
  return groups;
}
