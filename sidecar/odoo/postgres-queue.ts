import { Pool, type PoolConfig } from "pg";
import type { Logger } from "pino";
import type { Settlement } from "../domain/delivery";
import type { JsonObject } from "../domain/json";
import type { PollHealth } from "../domain/poll-health";
import type { BucketUse } from "../domain/shared-state";
import { WorkListener } from "./listener";
import { postgresFault } from "./postgres-faults";
import type {
  Backlog,
  Claim,
  DeliveryFilter,
  Identity,
  KnownLink,
  LaneLink,
  Listener,
  News,
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
import { storableJson, storableText } from "../domain/storable";

export interface PostgresQueueOptions {
  /** `postgres://role:password@host:port/database`, a direct connection: a transaction pooler cannot LISTEN. */
  url: string;
  log: Logger;
  /** Shown in pg_stat_activity. Default: `integration-hub`. */
  applicationName?: string;
  /** Most connections besides the listening one. Default: 10. */
  maxConnections?: number;
}

/** Longest wait for one function, in milliseconds; every one of them is bounded work of milliseconds. */
const STATEMENT_TIMEOUT_MS = 30_000;

/** The queue as SQL functions in Odoo's database, called by a role that may call them and do nothing else. */
export class PostgresQueue implements Queue {
  private readonly pool: Pool;
  private opened = 0;

  constructor(private readonly options: PostgresQueueOptions) {
    const config: PoolConfig = {
      connectionString: options.url,
      application_name: options.applicationName ?? "integration-hub",
      max: options.maxConnections ?? 10,
      connectionTimeoutMillis: 5_000,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      // A server that vanished without a word is given up a little after it would have given up itself.
      query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
      keepAlive: true,
      // JIT turns a claim of milliseconds into hundreds of them.
      options: "-c jit=off",
    };
    this.pool = new Pool(config);
    // An idle connection that breaks is replaced by the pool; the next call says so if there is nothing to replace it.
    this.pool.on("connect", () => (this.opened += 1));
    this.pool.on("error", (error) =>
      options.log.warn({ err: { message: error.message } }, "idle queue connection lost"),
    );
  }

  get connections(): number {
    return this.opened;
  }

  async mark(hub: string, expected: number): Promise<{ counter: number; accepted: boolean }> {
    const [row] = await this.call("mark", "SELECT * FROM integration_hub.mark($1, $2)", [hub, expected]);
    return { counter: Number(row?.["counter"]), accepted: row?.["accepted"] === true };
  }

  async reportRestore(hub: string, expected: number, links: KnownLink[]): Promise<void> {
    const values = [hub, expected, storableJson(links.map(rows.knownLinkToJson))];
    await this.call("report_restore", "SELECT integration_hub.report_restore($1, $2, $3::jsonb)", values);
  }

  async identity(): Promise<Identity> {
    const [row] = await this.call("identity", "SELECT * FROM integration_hub.identity()", []);
    return rows.toIdentity(row ?? {});
  }

  async systems(): Promise<SystemState[]> {
    return (await this.call("systems", "SELECT * FROM integration_hub.systems()", [])).map(rows.toSystem);
  }

  async claim(
    worker: string,
    system: string,
    maxRows: number,
    leaseSeconds: number,
    maxBackfill: number | null = null,
  ): Promise<Claim> {
    const text = "SELECT * FROM integration_hub.claim($1, $2, $3, $4, $5)";
    return rows.toClaim(await this.call("claim", text, [worker, system, maxRows, leaseSeconds, maxBackfill]));
  }

  async unpark(system: string, lanes: string[]): Promise<number> {
    const [row] = await this.call("unpark", "SELECT integration_hub.unpark($1, $2) AS n", [system, lanes]);
    return Number(row?.["n"] ?? 0);
  }

  async renew(worker: string, ids: number[], leaseSeconds: number): Promise<number[]> {
    const text = "SELECT integration_hub.renew($1, $2, $3) AS id";
    return (await this.call("renew", text, [worker, ids, leaseSeconds])).map((row) => Number(row["id"]));
  }

  async settle(worker: string, settlements: Settlement[]): Promise<Settled[]> {
    const results = storableJson(settlements.map(rows.settlementToJson));
    const answer = await this.call("settle", "SELECT * FROM integration_hub.settle($1, $2::jsonb)", [worker, results]);
    return answer.map(rows.toSettled);
  }

  async reap(): Promise<number> {
    const [row] = await this.call("reap", "SELECT integration_hub.reap() AS n", []);
    return Number(row?.["n"] ?? 0);
  }

  async links(system: string, lanes: string[]): Promise<LaneLink[]> {
    return (await this.call("links", "SELECT * FROM integration_hub.links($1, $2)", [system, lanes])).map(
      rows.toLaneLink,
    );
  }

  async replay(ids: number[], requestedBy: string, force: boolean): Promise<number[]> {
    const text = "SELECT integration_hub.replay($1, $2, $3) AS id";
    return (await this.call("replay", text, [ids, requestedBy, force])).map((row) => Number(row["id"]));
  }

  async findDeliveries(filter: DeliveryFilter, maxRows: number): Promise<number[]> {
    const text = "SELECT integration_hub.find_deliveries($1::jsonb, $2) AS id";
    const values = [JSON.stringify(filterToJson(filter)), maxRows];
    return (await this.call("find_deliveries", text, values)).map((row) => Number(row["id"]));
  }

  async startReplay({ filter, mode, force, requestedBy, most }: ReplayOrder): Promise<number> {
    const text = "SELECT integration_hub.start_replay($1::jsonb, $2, $3, $4, $5) AS job";
    const values = [JSON.stringify(filterToJson(filter)), mode, force, requestedBy, most];
    return Number((await this.call("start_replay", text, values))[0]?.["job"]);
  }

  async replayStep(maxRows: number): Promise<ReplayStep | null> {
    const [row] = await this.call("replay_step", "SELECT * FROM integration_hub.replay_step($1)", [maxRows]);
    return rows.toReplayStep(row);
  }

  async replayJobs(jobs: number[] | null, maxRows: number): Promise<ReplayJob[]> {
    const text = "SELECT * FROM integration_hub.replay_jobs($1, $2)";
    return (await this.call("replay_jobs", text, [jobs, maxRows])).map(rows.toReplayJob);
  }

  async steerReplay(job: number, action: "pause" | "resume" | "cancel"): Promise<ReplayJob["state"]> {
    const [row] = await this.call("steer_replay", "SELECT integration_hub.steer_replay($1, $2) AS state", [
      job,
      action,
    ]);
    return row?.["state"] as ReplayJob["state"];
  }

  async pause(
    system: string,
    kind: string,
    reason: string,
    until: Date | null,
    since: Date | null = null,
  ): Promise<void> {
    const values = [system, kind, storableText(reason), until, since];
    await this.call("pause", "SELECT integration_hub.pause($1, $2, $3, $4, $5)", values);
  }

  async resume(system: string): Promise<void> {
    await this.call("resume", "SELECT integration_hub.resume($1)", [system]);
  }

  async report(system: string, limits: readonly BucketUse[]): Promise<void> {
    const figures = JSON.stringify(rows.limitsToJson(limits));
    await this.call("report", "SELECT integration_hub.report($1, $2::jsonb)", [system, figures]);
  }

  async reportPolls(system: string, lists: readonly PollHealth[]): Promise<boolean> {
    const text = "SELECT integration_hub.report_polls($1, $2::jsonb) AS changed";
    const [row] = await this.call("report_polls", text, [system, storableJson(lists.map(rows.pollToJson))]);
    return row?.["changed"] === true;
  }

  async health(): Promise<QueueHealth> {
    const [row] = await this.call("health", "SELECT integration_hub.health() AS health", []);
    return rows.toHealth(row?.["health"]);
  }

  async backlog(): Promise<Backlog[]> {
    return (await this.call("backlog", "SELECT * FROM integration_hub.backlog()", [])).map(rows.toBacklog);
  }

  listen(onNews: (news: News | null) => void): Listener {
    return new WorkListener(this.options.url, onNews, this.options.log);
  }

  async currentRelease(): Promise<number> {
    const [row] = await this.call("current_release", "SELECT integration_hub.current_release() AS n", []);
    return Number(row?.["n"] ?? 0);
  }

  async release(number: number): Promise<ReleaseFile[]> {
    const answer = await this.call("release", "SELECT * FROM integration_hub.release($1)", [number]);
    return answer.map(rows.toReleaseFile);
  }

  async questions(worker: string, maxRows: number): Promise<Question[]> {
    const text = "SELECT * FROM integration_hub.questions($1, $2)";
    return (await this.call("questions", text, [worker, maxRows])).map(rows.toQuestion);
  }

  async shadows(): Promise<ShadowVersion[]> {
    return (await this.call("shadows", "SELECT * FROM integration_hub.shadows()", [])).map(rows.toShadowVersion);
  }

  async reportShadow(versionId: number, results: ShadowResult[]): Promise<boolean> {
    const text = "SELECT integration_hub.report_shadow($1, $2::jsonb) AS kept";
    return (await this.call("report_shadow", text, [versionId, storableJson(results)]))[0]?.["kept"] === true;
  }

  async answer(worker: string, question: number, answer: JsonObject): Promise<boolean> {
    const values = [worker, question, storableJson(answer)];
    const [row] = await this.call("answer", "SELECT integration_hub.answer($1, $2, $3::jsonb) AS taken", values);
    return row?.["taken"] === true;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async call(name: string, text: string, values: unknown[]): Promise<rows.Row[]> {
    try {
      return (await this.pool.query<rows.Row>(text, values)).rows;
    } catch (thrown) {
      throw postgresFault(thrown, `integration_hub.${name}`);
    }
  }
}
