import type { Settlement } from "../domain/delivery";
import type { Json, JsonObject } from "../domain/json";
import type { PollHealth } from "../domain/poll-health";
import type { BucketUse } from "../domain/shared-state";
import type {
  Backlog,
  Claim,
  DeliveryFilter,
  Identity,
  KnownLink,
  LaneLink,
  Question,
  Queue,
  QueueHealth,
  ReleaseFile,
  ReplayJob,
  ReplayOrder,
  ReplayStep,
  Settled,
  ShadowResult,
  ShadowVersion,
  SystemState,
} from "./queue";
import { filterToJson } from "./queue";
import * as rows from "./queue-rows";
import type { RecordClient } from "./record-client";

const MODEL = "integration.queue";

/**
 * The queue through Odoo's API, for places where the database cannot be reached (Odoo.sh). The methods run the same SQL
 * functions. There is no NOTIFY here: polling alone finds new work.
 */
export class ApiQueue implements Queue {
  constructor(private readonly client: RecordClient) {}

  /** Every call is a connection of its own; time alone decides when to look again. */
  readonly connections = 0;

  async mark(hub: string, expected: number): Promise<{ counter: number; accepted: boolean }> {
    const [row] = await this.call<rows.Row[]>("mark", { hub, expected });
    return { counter: Number(row?.["counter"]), accepted: row?.["accepted"] === true };
  }

  async reportRestore(hub: string, expected: number, links: KnownLink[]): Promise<void> {
    await this.call("report_restore", { hub, expected, links: links.map(rows.knownLinkToJson) });
  }

  async identity(): Promise<Identity> {
    const answer = await this.call<rows.Row | rows.Row[]>("identity", {});
    return rows.toIdentity((Array.isArray(answer) ? answer[0] : answer) ?? {});
  }

  async systems(): Promise<SystemState[]> {
    return (await this.call<rows.Row[]>("systems", {})).map(rows.toSystem);
  }

  async claim(
    worker: string,
    system: string,
    maxRows: number,
    leaseSeconds: number,
    maxBackfill: number | null = null,
  ): Promise<Claim> {
    const args = { worker, system, max_rows: maxRows, lease_seconds: leaseSeconds, max_backfill: maxBackfill };
    return rows.toClaim(await this.call<rows.Row[]>("claim", args));
  }

  async unpark(system: string, lanes: string[]): Promise<number> {
    return this.call<number>("unpark", { system, lanes });
  }

  async renew(worker: string, ids: number[], leaseSeconds: number): Promise<number[]> {
    return this.call<number[]>("renew", { worker, delivery_ids: ids, lease_seconds: leaseSeconds });
  }

  async settle(worker: string, settlements: Settlement[]): Promise<Settled[]> {
    const results = settlements.map(rows.settlementToJson);
    return (await this.call<rows.Row[]>("settle", { worker, results })).map(rows.toSettled);
  }

  async reap(): Promise<number> {
    return this.call<number>("reap", {});
  }

  async links(system: string, lanes: string[]): Promise<LaneLink[]> {
    return (await this.call<rows.Row[]>("links", { system, lanes })).map(rows.toLaneLink);
  }

  async replay(ids: number[], requestedBy: string, force: boolean): Promise<number[]> {
    return this.call<number[]>("replay", { delivery_ids: ids, requested_by: requestedBy, force });
  }

  async findDeliveries(filter: DeliveryFilter, maxRows: number): Promise<number[]> {
    return this.call<number[]>("find_deliveries", { filter: filterToJson(filter), max_rows: maxRows });
  }

  async startReplay({ filter, mode, force, requestedBy, most }: ReplayOrder): Promise<number> {
    const args = { filter: filterToJson(filter), mode, force, requested_by: requestedBy, most: most ?? false };
    return this.call<number>("start_replay", args);
  }

  async replayStep(maxRows: number): Promise<ReplayStep | null> {
    return rows.toReplayStep((await this.call<rows.Row[]>("replay_step", { max_rows: maxRows }))[0]);
  }

  async replayJobs(jobs: number[] | null, maxRows: number): Promise<ReplayJob[]> {
    return (await this.call<rows.Row[]>("replay_jobs", { jobs: jobs ?? [], max_rows: maxRows })).map(rows.toReplayJob);
  }

  async steerReplay(job: number, action: "pause" | "resume" | "cancel"): Promise<ReplayJob["state"]> {
    return this.call<ReplayJob["state"]>("steer_replay", { job, action });
  }

  async pause(
    system: string,
    kind: string,
    reason: string,
    until: Date | null,
    since: Date | null = null,
  ): Promise<void> {
    const times = { until: until?.toISOString() ?? false, since: since?.toISOString() ?? false };
    await this.call("pause", { system, kind, reason, ...times });
  }

  async resume(system: string): Promise<void> {
    await this.call("resume", { system });
  }

  async report(system: string, limits: readonly BucketUse[]): Promise<void> {
    await this.call("report", { system, figures: rows.limitsToJson(limits) });
  }

  async reportPolls(system: string, lists: readonly PollHealth[]): Promise<boolean> {
    return this.call<boolean>("report_polls", { system, lists: lists.map(rows.pollToJson) });
  }

  async health(): Promise<QueueHealth> {
    return rows.toHealth(await this.call<JsonObject>("health", {}));
  }

  async backlog(): Promise<Backlog[]> {
    return (await this.call<rows.Row[]>("backlog", {})).map(rows.toBacklog);
  }

  async currentRelease(): Promise<number> {
    return this.call<number>("current_release", {});
  }

  async release(number: number): Promise<ReleaseFile[]> {
    return (await this.call<rows.Row[]>("release", { number })).map(rows.toReleaseFile);
  }

  async questions(worker: string, maxRows: number): Promise<Question[]> {
    return (await this.call<rows.Row[]>("questions", { worker, max_rows: maxRows })).map(rows.toQuestion);
  }

  async shadows(): Promise<ShadowVersion[]> {
    return (await this.call<rows.Row[]>("shadows", {})).map(rows.toShadowVersion);
  }

  async reportShadow(versionId: number, results: ShadowResult[]): Promise<boolean> {
    return this.call<boolean>("report_shadow", { version_id: versionId, rows: results as unknown as Json });
  }

  async answer(worker: string, question: number, answer: JsonObject): Promise<boolean> {
    return this.call<boolean>("answer", { worker, question, answer });
  }

  listen(): null {
    return null;
  }

  /** The record client belongs to whoever made it. */
  async close(): Promise<void> {}

  private call<Answer>(method: string, args: Record<string, Json>): Promise<Answer> {
    return this.client.call<Answer>(MODEL, method, args);
  }
}
