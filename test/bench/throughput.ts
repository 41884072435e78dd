import { Client } from "pg";
import { startPostgresWithOdooTemplate, type OdooPostgres } from "../stack/database";
import { DURABLE } from "../stack/postgres/server";
import { terminalProgress } from "../stack/progress";
import { median } from "./median";
import { hubContestant, peerContestant, rawContestant, type Contestant } from "./pipeline/contestants";
import { cpuMs, serverCpuMs } from "./pipeline/cpu";
import { recordIds } from "./pipeline/events";
import { Sink } from "./pipeline/sink-process";
import type { Bench, BenchOptions, BenchResult } from "./report";

const EVENTS = 20_000;
const ROUNDS = 3;
const WARM_UP = 2_000;
/** Records whose events have to keep their order, where order is compared. */
const RECORDS = 2_000;
/** graphile-worker with order kept handles a few hundred a second: a quarter of the events is enough to know its rate. */
const ORDERED_SHARE = 0.25;
/** A run that takes longer has failed. */
const PATIENCE_MS = 180_000;

interface Run {
  /** Events a second, from the sink's first request to the last event that ended. */
  rate: number;
  /** Processor time of the working process and of Postgres, in microseconds an event. */
  workerUs: number;
  postgresUs: number;
}

/** How many events a second one process carries from a queue in Postgres to a local sink, beside others who do. */
export const throughput: Bench = {
  name: "throughput",
  title: "events a second through the whole pipeline ÷ a bare loop of requests, graphile-worker, pg-boss",
  async run(options: BenchOptions): Promise<BenchResult> {
    const events = options.events ?? EVENTS;
    const progress = terminalProgress();
    const postgres = await startPostgresWithOdooTemplate({ progress, settings: DURABLE });
    const sink = await Sink.start();
    const contestants: Contestant[] = [];
    try {
      const watch = new Client({ connectionString: postgres.adminUrl });
      await watch.connect();
      const backend = await backendOf(watch);
      contestants.push(...(await contestantsFor(postgres, sink.url, options.only)));
      const runs = new Map<string, Run[]>(contestants.map(({ name }) => [name, []]));
      let record = 1;
      for (let round = -1; round < ROUNDS; round += 1) {
        // a busy moment of the machine should not always meet the same one
        const turn = round % 2 === 0 ? contestants : [...contestants].reverse();
        for (const contestant of turn) {
          const count = Math.round((round < 0 ? WARM_UP : events) * contestant.share);
          const label = round < 0 ? "warming up" : `round ${round + 1} of ${ROUNDS}`;
          const run = await progress.step(`${label}: ${contestant.name}`, async () =>
            once(contestant, sink, watch, backend, recordIds(record, count, contestant.records)),
          );
          record += count;
          if (round >= 0) runs.get(contestant.name)?.push(run);
        }
      }
      await watch.end();
      return resultOf(runs);
    } finally {
      for (const contestant of contestants) await contestant.close();
      await sink.stop();
      await postgres.stop();
    }
  },
};

async function contestantsFor(
  postgres: OdooPostgres,
  url: string,
  only: readonly string[] | undefined,
): Promise<Contestant[]> {
  const makers: Record<string, (name: string) => Promise<Contestant>> = {
    raw: async (name) => rawContestant(name, url, false),
    raw_mapped: async (name) => rawContestant(name, url, true),
    hub: async (name) => hubContestant(name, postgres, url, { system: "sink" }),
    hub_ordered: async (name) => hubContestant(name, postgres, url, { system: "sink", records: RECORDS }),
    hub_batch: async (name) => hubContestant(name, postgres, url, { system: "sink_batch" }),
    graphile_worker: async (name) => peerContestant(name, "graphile-worker", postgres, url, { open: GRAPHILE_OPEN }),
    graphile_worker_ordered: async (name) =>
      peerContestant(name, "graphile-worker", postgres, url, {
        open: GRAPHILE_OPEN,
        share: ORDERED_SHARE,
        records: RECORDS,
      }),
    pg_boss: async (name) =>
      peerContestant(name, "pg-boss", postgres, url, {
        open: "SELECT count(*) AS n FROM pgboss.job WHERE state < 'completed'",
      }),
  };
  const made: Contestant[] = [];
  for (const [name, make] of Object.entries(makers)) {
    if (only === undefined || only.includes(name)) made.push(await make(name));
  }
  return made;
}

const GRAPHILE_OPEN = "SELECT count(*) AS n FROM graphile_worker._private_jobs";

async function once(
  contestant: Contestant,
  sink: Sink,
  watch: Client,
  backend: number,
  ids: readonly number[],
): Promise<Run> {
  await contestant.fill(ids);
  await watch.query("CHECKPOINT");
  await sink.reset();
  const before = { worker: cpuMs(contestant.pid), postgres: serverCpuMs(backend) };
  await contestant.go();
  const deadline = performance.now() + PATIENCE_MS;
  for (let received = 0; received < ids.length; { received } = await sink.state()) await pause(20, deadline);
  while ((await contestant.open()) > 0) await pause(5, deadline);
  const ended = Number(process.hrtime.bigint()) / 1e6;
  const { firstAt, received } = await sink.state();
  const after = { worker: cpuMs(contestant.pid), postgres: serverCpuMs(backend) };
  await contestant.rest();
  if (firstAt === null || received !== ids.length)
    throw new Error(`${contestant.name} sent ${received} requests or records for ${ids.length} events.`);
  return {
    rate: (ids.length * 1000) / (ended - firstAt),
    workerUs: ((after.worker - before.worker) * 1000) / ids.length,
    postgresUs: ((after.postgres - before.postgres) * 1000) / ids.length,
  };
}

async function pause(ms: number, deadline: number): Promise<void> {
  if (performance.now() > deadline) throw new Error(`A run took longer than ${PATIENCE_MS} ms.`);
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function backendOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  return rows[0]?.pid ?? 0;
}

function resultOf(runs: ReadonlyMap<string, readonly Run[]>): BenchResult {
  const result: BenchResult = { name: "throughput", ratios: {}, figures: {} };
  for (const [name, list] of runs) {
    result.figures[`${name}_per_second`] = median(list.map((run) => run.rate));
    result.figures[`${name}_worker_us`] = median(list.map((run) => run.workerUs));
    result.figures[`${name}_postgres_us`] = median(list.map((run) => run.postgresUs));
  }
  // Pairs of one round, so that a busy moment of the machine meets both of a pair.
  const ratio = (ratioName: string, ours: string, theirs: string): void => {
    const [a, b] = [runs.get(ours), runs.get(theirs)];
    if (a && b) result.ratios[ratioName] = median(a.map((run, round) => run.rate / (b[round]?.rate ?? Number.NaN)));
  };
  ratio("vs_raw", "hub", "raw");
  ratio("vs_graphile_worker", "hub", "graphile_worker");
  ratio("vs_graphile_worker_ordered", "hub_ordered", "graphile_worker_ordered");
  ratio("vs_pg_boss", "hub", "pg_boss");
  ratio("batch_vs_single", "hub_batch", "hub");
  return result;
}
