import { setTimeout as delay } from "node:timers/promises";
import { stepReplays } from "../admin/replay-steps";
import type { Config } from "../config/config";
import { HubError } from "../domain/errors";
import type { Queue, ReplayJob } from "../odoo/queue";
import type { RecordClient } from "../odoo/record-client";
import { EXIT } from "./exit-codes";
import { withQueue } from "./replay";
import { table } from "./report";

const SHOW_EVERY_MS = 500;
const JOBS_SHOWN = 20;

/** Lists the last replay jobs, or the one named; with `follow` it shows the progress until the job has ended. */
export async function replayStatus(
  config: Config,
  job: number | undefined,
  options: { follow?: boolean },
): Promise<number> {
  return withQueue(config, async (queue, records) => {
    if (job !== undefined && options.follow) return followReplay(job, queue, records);
    const jobs = job === undefined ? await queue.replayJobs(null, JOBS_SHOWN) : [await find(job, queue)];
    const rows = jobs.map((found) => [
      String(found.job),
      found.state,
      String(found.total),
      String(found.queued),
      String(found.skipped),
      found.startedAt.toISOString(),
      found.requestedBy,
    ]);
    process.stdout.write(table([["job", "state", "total", "queued", "left out", "started", "asked by"], ...rows]));
    return EXIT.done;
  });
}

/** Pauses, resumes or cancels a job and prints its state afterwards. */
export async function steerReplay(config: Config, job: number, action: "pause" | "resume" | "cancel"): Promise<number> {
  return withQueue(config, async (queue) => {
    process.stdout.write(`${await queue.steerReplay(job, action)}\n`);
    return EXIT.done;
  });
}

/**
 * Shows a job's progress until it has ended, and helps with its steps, so that it also goes on where no sidecar runs.
 * Ctrl-C ends the showing; the job goes on.
 */
export async function followReplay(job: number, queue: Queue, records: RecordClient | null): Promise<number> {
  const left = new AbortController();
  const leave = (): void => left.abort();
  process.once("SIGINT", leave);
  try {
    for (;;) {
      const found = await find(job, queue);
      show(found);
      if (found.state !== "running") return EXIT.done;
      if (left.signal.aborted) {
        process.stderr.write(`replay ${job} goes on; hub replay status ${job}, hub replay cancel ${job}\n`);
        return EXIT.done;
      }
      await stepReplays(queue, records);
      await delay(SHOW_EVERY_MS, undefined, { signal: left.signal }).catch(() => undefined);
    }
  } finally {
    process.removeListener("SIGINT", leave);
  }
}

async function find(job: number, queue: Queue): Promise<ReplayJob> {
  const [found] = await queue.replayJobs([job], 1);
  if (found) return found;
  throw new HubError({
    kind: "data",
    code: "usage",
    message: `There is no replay job ${job}.`,
    hint: "hub replay status lists them.",
  });
}

function show({ job, state, total, queued, skipped }: ReplayJob): void {
  const percent = total === 0 || state === "done" ? 100 : Math.min(100, Math.floor(((queued + skipped) / total) * 100));
  process.stderr.write(`replay ${job} ${state}: ${percent} %, ${queued} of ${total} queued, ${skipped} left out\n`);
}
