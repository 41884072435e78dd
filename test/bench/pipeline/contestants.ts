import path from "node:path";
import { Pool } from "pg";
import { createDatabase, databaseUrl, type OdooPostgres } from "../../stack/database";
import { SUPERUSER, withClient } from "../../stack/postgres/server";
import { Child } from "./child";
import { HubProcess, SINKS } from "./hub";
import { BenchQueue } from "./queue";

/** Somebody who takes events out of a queue in Postgres and posts them to the sink; the raw loop has no queue. */
export interface Contestant {
  readonly name: string;
  /** The process that works, for its processor time. */
  readonly pid: number;
  /** How many events of a full run it is given: all, or fewer where it would take minutes. */
  readonly share: number;
  /** Over how many records the events are spread; undefined: one record an event. */
  readonly records?: number;
  fill(ids: readonly number[]): Promise<void>;
  /** Lets it begin. */
  go(): Promise<void>;
  /** Events that have not ended. */
  open(): Promise<number>;
  /** Ends one run; the process stays, warm. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

export interface HubContestant {
  system: string;
  records?: number;
  nodeArgs?: string[];
}

export async function hubContestant(
  name: string,
  postgres: OdooPostgres,
  sinkUrl: string,
  { system, records, nodeArgs }: HubContestant,
): Promise<Contestant> {
  const queue = await BenchQueue.open(postgres, [system]);
  await queue.pause(system);
  const hub = await HubProcess.start({
    queueUrl: queue.roleUrl,
    systems: { [system]: { base_url: sinkUrl } },
    mappings: SINKS,
    ...(nodeArgs ? { nodeArgs } : {}),
  });
  return {
    name,
    pid: hub.pid,
    share: 1,
    ...(records === undefined ? {} : { records }),
    fill: async (ids) => queue.fill(system, ids, records === undefined),
    go: async () => queue.resume(system),
    open: async () => queue.open(),
    rest: async () => queue.pause(system),
    async close() {
      await hub.stop();
      await queue.close();
    },
  };
}

export async function rawContestant(name: string, sinkUrl: string, map: boolean): Promise<Contestant> {
  const child = await Child.start(peer("raw"));
  let ids: readonly number[] = [];
  let running: Promise<unknown> = Promise.resolve();
  let open = 0;
  return {
    name,
    pid: child.pid,
    share: 1,
    fill: (given) => {
      ids = given;
      open = given.length;
      return Promise.resolve();
    },
    go: () => {
      running = child.ask("run", { url: sinkUrl, ids, map }).then(() => (open = 0));
      return Promise.resolve();
    },
    open: () => Promise.resolve(open),
    rest: async () => void (await running),
    close: async () => child.stop(),
  };
}

export interface PeerOptions {
  /** SQL that answers the number of jobs that have not ended, as `n`. */
  open: string;
  share?: number;
  records?: number;
}

export async function peerContestant(
  name: string,
  program: "graphile-worker" | "pg-boss",
  postgres: OdooPostgres,
  sinkUrl: string,
  options: PeerOptions,
): Promise<Contestant> {
  const database = `peer_${name}`;
  await createDatabase(postgres.adminUrl, database, { template: "template0", owner: SUPERUSER });
  const url = databaseUrl(postgres.adminUrl, database);
  const pool = new Pool({ connectionString: url, max: 1 });
  pool.on("error", () => undefined);
  const child = await Child.start(peer(program), { DATABASE_URL: url });
  const ordered = options.records !== undefined;
  return {
    name,
    pid: child.pid,
    share: options.share ?? 1,
    ...(options.records === undefined ? {} : { records: options.records }),
    async fill(ids) {
      await child.ask("fill", { ids, ordered });
      await withClient(url, async (client) => await client.query("ANALYZE"));
    },
    go: async () => child.ask("start", { url: sinkUrl, ordered }),
    open: async () => Number((await pool.query<{ n: string }>(options.open)).rows[0]?.n ?? 0),
    rest: async () => child.ask("stop"),
    async close() {
      await pool.end();
      await child.stop();
    },
  };
}

function peer(name: string): string {
  return path.join(__dirname, "peers", `${name}.ts`);
}
