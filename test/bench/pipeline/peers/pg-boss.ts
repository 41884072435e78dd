/** pg-boss at its best: two workers that each fetch 1,000 jobs, post them and complete them in one statement. Order is not kept. */
import PgBoss from "pg-boss";
import { Pool as HttpPool } from "undici";
import { serveParent } from "../child";
import { recordByHand, snapshot, type CompanySnapshot } from "../events";

const CONNECTIONS = 64;
const QUEUE = "deliver";
const BATCH = 1_000;
const WORKERS = 2;

const boss = new PgBoss({
  connectionString: process.env["DATABASE_URL"] ?? "",
  max: 10,
  supervise: false,
  schedule: false,
});
boss.on("error", (error) => console.error(error));
let http: HttpPool | null = null;
let begun = false;
let workers: Promise<void>[] = [];
let stopped = false;

async function begin(): Promise<void> {
  if (begun) return;
  begun = true;
  await boss.start();
  await boss.createQueue(QUEUE);
}

async function deliver(snapshots: CompanySnapshot[]): Promise<void> {
  let next = 0;
  const send = async (): Promise<void> => {
    for (let one = snapshots[next++]; one !== undefined; one = snapshots[next++]) {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(recordByHand(one));
      const answer = await http?.request({ method: "POST", path: "/records", headers, body });
      await answer?.body.json();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS / WORKERS }, send));
}

async function work(): Promise<void> {
  while (!stopped) {
    const jobs = await boss.fetch<CompanySnapshot>(QUEUE, { batchSize: BATCH });
    if (jobs.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    await deliver(jobs.map((job) => job.data));
    await boss.complete(
      QUEUE,
      jobs.map((job) => job.id),
    );
  }
}

serveParent({
  async fill(argument) {
    const { ids } = argument as { ids: number[] };
    await begin();
    for (let at = 0; at < ids.length; at += BATCH) {
      const snapshots = ids.slice(at, at + BATCH).map((id, index) => snapshot(id, at + index));
      await boss.insert(snapshots.map((data) => ({ name: QUEUE, data })));
    }
  },
  start(argument) {
    const { url } = argument as { url: string };
    http = new HttpPool(url, { connections: CONNECTIONS, pipelining: 1 });
    stopped = false;
    workers = Array.from({ length: WORKERS }, work);
  },
  async stop() {
    stopped = true;
    await Promise.all(workers);
    await http?.close();
  },
});
