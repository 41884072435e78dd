/**
 * graphile-worker: at its best (jobs fetched 1,000 at a time, completions batched; order not kept), or with a queue per record,
 * which keeps the order. A local queue breaks the order of named queues, so it is left out there.
 */
import { Logger, makeWorkerUtils, run, type Runner } from "graphile-worker";
import { Pool } from "pg";
import { Pool as HttpPool } from "undici";
import { serveParent } from "../child";
import { recordByHand, snapshot, type CompanySnapshot } from "../events";

const CONNECTIONS = 64;
const TASK = "deliver";
const FILL = 1_000;
const BEST = { localQueue: { size: 1_000 }, completeJobBatchDelay: 10, failJobBatchDelay: 10 };

const pool = new Pool({ connectionString: process.env["DATABASE_URL"], max: 20 });
pool.on("error", (error) => console.error(error));
pool.on("connect", (client) => client.on("error", () => undefined));
const logger = new Logger(() => () => undefined);
let http: HttpPool | null = null;
let runner: Runner | null = null;

async function deliver(payload: unknown): Promise<void> {
  const body = JSON.stringify(recordByHand(payload as CompanySnapshot));
  const headers = { "content-type": "application/json" };
  const answer = await http?.request({ method: "POST", path: "/records", headers, body });
  await answer?.body.json();
}

serveParent({
  async fill(argument) {
    const { ids, ordered } = argument as { ids: number[]; ordered: boolean };
    const utils = await makeWorkerUtils({ pgPool: pool, logger });
    await utils.migrate();
    for (let at = 0; at < ids.length; at += FILL) {
      await utils.addJobs(
        ids.slice(at, at + FILL).map((id, index) => ({
          identifier: TASK,
          payload: snapshot(id, at + index),
          ...(ordered ? { queueName: `res.partner,${id}` } : {}),
        })),
      );
    }
    await utils.release();
  },
  async start(argument) {
    const { url, ordered } = argument as { url: string; ordered: boolean };
    http = new HttpPool(url, { connections: CONNECTIONS, pipelining: 1 });
    const worker = { concurrentJobs: CONNECTIONS, maxPoolSize: 20, ...(ordered ? {} : BEST) };
    const taskList = { [TASK]: deliver };
    runner = await run({ pgPool: pool, logger, noHandleSignals: true, taskList, preset: { worker } });
  },
  async stop() {
    await runner?.stop();
    await http?.close();
  },
});
