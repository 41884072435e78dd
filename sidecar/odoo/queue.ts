import type { ClaimedDelivery, DeliveryState, Settlement } from "../domain/delivery";
import type { Json, JsonObject } from "../domain/json";
import type { PollHealth } from "../domain/poll-health";
import type { BucketUse } from "../domain/shared-state";

/** The version of the queue contract this sidecar speaks (`contract_version()` in Odoo's database). */
export const CONTRACT_VERSION = 1;

/** A system as Odoo knows it. */
export interface SystemState {
  code: string;
  name: string;
  connector: string | null;
  state: "active" | "paused";
  /** What stopped it: `credential`, `breaker`, `manual` or `neutralised`. */
  pauseKind: string | null;
  pauseReason: string | null;
  pausedUntil: Date | null;
}

/** Which database a queue belongs to. */
export interface Identity {
  databaseUuid: string;
  database: string;
  contractVersion: number;
}

export interface Claim {
  claimed: ClaimedDelivery[];
  /** Lanes whose next delivery was parked behind one in flight: unpark them once the claim has committed. */
  parked: string[];
  /** How many the mass-change brake held instead: there may be more behind them, so look again at once. */
  braked: number;
}

export interface Settled {
  id: number;
  state: DeliveryState;
  /** False when this worker no longer held the delivery; its state is then another's. */
  accepted: boolean;
}

/** A record's identity in a system, by lane. */
export interface LaneLink {
  lane: string;
  type: string;
  externalId: string;
  url: string | null;
}

/** Figures for metrics and readiness; `counts` holds open states only. */
export interface QueueHealth {
  now: Date;
  systems: {
    code: string;
    state: "active" | "paused";
    pauseKind: string | null;
    pauseReason: string | null;
    pausedUntil: Date | null;
    counts: Partial<Record<DeliveryState, number>>;
    oldestOpenAt: Date | null;
    lastDeliveredAt: Date | null;
  }[];
}

/** Records of one kind that have still to be delivered by themselves. */
export interface Backlog {
  system: string;
  /** Canonical object. */
  object: string;
  change: "create" | "update" | "delete";
  priority: number;
  /** What will be sent: several full states of one record go as one. */
  records: number;
}

/** All keys are optional and combine with AND; times are those of the business change. */
export interface DeliveryFilter {
  system?: string;
  states?: DeliveryState[];
  errorKind?: string;
  errorCode?: string;
  eventType?: string;
  object?: string;
  model?: string;
  /** One record: `res.partner,42`. */
  lane?: string;
  since?: Date;
  until?: Date;
}

/** An identity that a record got in a system, as the sidecar noted it beside Odoo. */
export interface KnownLink extends LaneLink {
  system: string;
  object: string;
  fingerprint: string | null;
  deliveryId: number;
  eventId: number;
  /** The remote record was removed. */
  removed: boolean;
  settledAt: Date;
}

export type ReplayMode = "same" | "read_again";

/** What a replay job is to send again, and how. */
export interface ReplayOrder {
  filter: DeliveryFilter;
  /** `same`: the payloads as they were recorded. `read_again`: the records as they are now, which Odoo reads. */
  mode: ReplayMode;
  /** Also what the target is believed to hold already. */
  force: boolean;
  requestedBy: string;
  /** At most so many, the oldest first; null: all. */
  most: number | null;
}

/** A replay job and how far it is. */
export interface ReplayJob {
  job: number;
  mode: ReplayMode;
  state: "running" | "paused" | "done" | "cancelled";
  requestedBy: string;
  total: number;
  queued: number;
  /** Left out; Odoo shows each with its reason. */
  skipped: number;
  startedAt: Date;
  endedAt: Date | null;
}

/** What one step of a replay job did. */
export interface ReplayStep {
  job: number;
  mode: ReplayMode;
  queued: number;
  skipped: number;
}

/** One file of a release: it takes the place of the shipped file with the same path. */
export interface ReleaseFile {
  /** `systems/hubspot/mappings/customer.json`. */
  path: string;
  /** Number of the artifact's version. */
  version: number;
  content: Json;
}

/** What Odoo asks and a person waits for (docs/architecture.md, "Questions"). */
export interface Question {
  id: number;
  kind: string;
  request: JsonObject;
}

/** A version that runs beside what is active, without anything being sent. */
export interface ShadowVersion extends Pick<ReleaseFile, "path" | "content"> {
  versionId: number;
}

/** What a version in shadow would have done since the last report, for one system and canonical object. */
export interface ShadowResult {
  system: string;
  object: string;
  compared: number;
  differing: number;
  /** Sent, and would have been held. */
  failing: number;
  differences: { path: string; count: number; examples: { lane: string; now: Json; then: Json }[] }[];
}

/** What a notification is about. */
export interface News {
  /** Systems that have new work. */
  systems: string[];
  /** There is a new release. */
  release: boolean;
  /** Somebody asked something. */
  question: boolean;
  /** Another version runs in shadow, or one no more. */
  shadow: boolean;
  /** Something that came in is to be read and applied again. */
  inbound: boolean;
}

/** Stops listening. */
export interface Listener {
  close(): Promise<void>;
}

/**
 * The queue contract (docs/architecture.md, "Queue"), the same over Postgres and over Odoo's API. Every method is one
 * transaction in Odoo's database. Errors are `HubError`: `technical` when the queue cannot be reached.
 */
export interface Queue {
  identity(): Promise<Identity>;
  systems(): Promise<SystemState[]>;
  /**
   * Takes up to `maxRows` deliveries, the lowest priority number first; of them at most `maxBackfill` are backfill
   * (`sidecar/domain/priority.ts`). Null, the default: no limit.
   */
  claim(
    worker: string,
    system: string,
    maxRows: number,
    leaseSeconds: number,
    maxBackfill?: number | null,
  ): Promise<Claim>;
  /** Wakes what waits in these lanes; called after a claim or a settle has committed. Answers how many woke. */
  unpark(system: string, lanes: string[]): Promise<number>;
  /** Extends leases; answers the ids that are still held. */
  renew(worker: string, ids: number[], leaseSeconds: number): Promise<number[]>;
  settle(worker: string, settlements: Settlement[]): Promise<Settled[]>;
  /** Turns expired leases into unknown deliveries and wakes orphans; answers how many leases had expired. */
  reap(): Promise<number>;
  links(system: string, lanes: string[]): Promise<LaneLink[]>;
  /** Sends the same payloads again; `force` also what looks unchanged. Answers the ids that were queued. */
  replay(ids: number[], requestedBy: string, force: boolean): Promise<number[]>;
  findDeliveries(filter: DeliveryFilter, maxRows: number): Promise<number[]>;
  /** Begins a replay job and answers its number. What is recorded after this moment takes no part. */
  startReplay(order: ReplayOrder): Promise<number>;
  /**
   * One step of the oldest running job, in one transaction with its position: whoever dies, nothing is repeated or left
   * out. Null when no job runs or another steps. A job that reads records again is named and left alone: Odoo does it.
   */
  replayStep(maxRows: number): Promise<ReplayStep | null>;
  /** These jobs, or (null) the last `maxRows`; the newest first. */
  replayJobs(jobs: number[] | null, maxRows: number): Promise<ReplayJob[]>;
  /** Answers the state afterwards; an action that does not apply changes nothing. */
  steerReplay(job: number, action: "pause" | "resume" | "cancel"): Promise<ReplayJob["state"]>;
  /** `since`: when the trouble began, null for now. */
  pause(system: string, kind: string, reason: string, until: Date | null, since?: Date | null): Promise<void>;
  resume(system: string): Promise<void>;
  /** Shows the system's rate limits and their use to people in Odoo; what did not change is not written. */
  report(system: string, limits: readonly BucketUse[]): Promise<void>;
  /**
   * Shows people in Odoo whether changes of a system are found: all lists in which they are looked for. What did not change is not written.
   * Answers whether a list began or ceased to fail.
   */
  reportPolls(system: string, lists: readonly PollHealth[]): Promise<boolean>;
  health(): Promise<QueueHealth>;
  /** What waits now, for the capacity forecast; without what a person has to decide about first. */
  backlog(): Promise<Backlog[]>;
  /**
   * Calls `onNews` with what is new, and with null when anything may be (after a lost connection). A hint: polling is the truth. Over the API there is nothing to listen to and it answers null.
   */
  listen(onNews: (news: News | null) => void): Listener | null;
  /** The number of the release in force; 0: the shipped mappings alone. */
  currentRelease(): Promise<number>;
  /** What a release lays over the shipped mappings; nothing for release 0. Throws `release_unknown`. */
  release(number: number): Promise<ReleaseFile[]>;
  /** Takes open questions; each is answered by the sidecar that took it, within 10 seconds. */
  questions(worker: string, maxRows: number): Promise<Question[]>;
  shadows(): Promise<ShadowVersion[]>;
  /** False when the version does not run in shadow any more; then nothing of it is kept. */
  reportShadow(versionId: number, results: ShadowResult[]): Promise<boolean>;
  /** False when nobody waits for the answer any more. */
  answer(worker: string, question: number, answer: JsonObject): Promise<boolean>;
  /** Connections opened so far: another number means that another database may be behind them. */
  readonly connections: number;
  /**
   * Moves the mark of this hub in Odoo's database on by one. Not accepted when it is behind `expected`, which was seen
   * before: the database went back in time.
   */
  mark(hub: string, expected: number): Promise<{ counter: number; accepted: boolean }>;
  /** Stops every system and adds what the database does not know of these links to the restore report in Odoo. */
  reportRestore(hub: string, expected: number, links: KnownLink[]): Promise<void>;
  close(): Promise<void>;
}

/** The filter as `find_deliveries` takes it. */
export function filterToJson(filter: DeliveryFilter): JsonObject {
  const json: JsonObject = {};
  if (filter.system !== undefined) json["system"] = filter.system;
  if (filter.states !== undefined) json["states"] = filter.states;
  if (filter.errorKind !== undefined) json["error_kind"] = filter.errorKind;
  if (filter.errorCode !== undefined) json["error_code"] = filter.errorCode;
  if (filter.eventType !== undefined) json["event_type"] = filter.eventType;
  if (filter.object !== undefined) json["object"] = filter.object;
  if (filter.model !== undefined) json["model"] = filter.model;
  if (filter.lane !== undefined) json["lane"] = filter.lane;
  if (filter.since !== undefined) json["since"] = filter.since.toISOString();
  if (filter.until !== undefined) json["until"] = filter.until.toISOString();
  return json;
}
