import { userInfo } from "node:os";
import { replay } from "../admin/replay";
import type { Config } from "../config/config";
import { DELIVERY_STATES, type DeliveryState } from "../domain/delivery";
import { HubError } from "../domain/errors";
import { openQueue, openRecords, verifyIdentity } from "../odoo/open";
import type { DeliveryFilter, Queue } from "../odoo/queue";
import type { RecordClient } from "../odoo/record-client";
import { createLog } from "../telemetry/log";
import { EXIT } from "./exit-codes";
import { followReplay } from "./replay-jobs";

export interface ReplayOptions {
  delivery?: string[];
  system?: string;
  state?: string[];
  kind?: string;
  code?: string;
  eventType?: string;
  object?: string;
  model?: string;
  record?: string;
  since?: string;
  until?: string;
  limit?: number;
  force?: boolean;
  reread?: boolean;
  dryRun?: boolean;
  follow?: boolean;
}

/** Most that a dry run counts. */
const COUNT_MOST = 10_000_000;

/**
 * Sends deliveries again. Named ones at once: prints their ids, one a line. What conditions select becomes a job that
 * sidecars (and Odoo) work on: prints the job's number, and with `--follow` its progress until it has ended.
 */
export async function replayCommand(config: Config, options: ReplayOptions): Promise<number> {
  return withQueue(config, async (queue, records) => {
    const by = `hub replay (${userInfo().username})`;
    if (options.delivery) return named(options.delivery.map(toId), options, by, queue, records);
    const filter = toFilter(options);
    if (Object.keys(filter).length === 0) {
      throw new HubError({
        kind: "data",
        code: "replay_nothing_named",
        message: "Neither deliveries nor a condition were named.",
        hint: "Name delivery ids, or at least one of system, state, kind, code, event type, object, model, record, since, until.",
      });
    }
    if (options.dryRun) {
      const found = await queue.findDeliveries(filter, options.limit ?? COUNT_MOST);
      process.stderr.write(`${found.length} would be looked at, 0 queued\n`);
      return EXIT.done;
    }
    const job = await queue.startReplay({
      filter,
      mode: options.reread ? "read_again" : "same",
      force: options.force ?? false,
      requestedBy: by,
      most: options.limit ?? null,
    });
    process.stdout.write(`${job}\n`);
    const [{ total = 0 } = {}] = await queue.replayJobs([job], 1);
    process.stderr.write(`replay ${job}: ${total} deliveries; hub replay status ${job}\n`);
    return options.follow ? followReplay(job, queue, records) : EXIT.done;
  });
}

/** Opens the queue of the database that was meant, and closes it whatever happens. */
export async function withQueue(
  config: Config,
  work: (queue: Queue, records: RecordClient | null) => Promise<number>,
): Promise<number> {
  const records = openRecords(config.odoo);
  const queue = openQueue(config.odoo, records, createLog({ level: "silent" }));
  try {
    await verifyIdentity(queue, config.odoo);
    return await work(queue, records);
  } finally {
    await queue.close();
    await records?.close();
  }
}

async function named(
  deliveries: number[],
  options: ReplayOptions,
  by: string,
  queue: Queue,
  records: RecordClient | null,
): Promise<number> {
  const { force = false, reread = false, dryRun = false } = options;
  const request = { deliveries, limit: deliveries.length, force, reread, dryRun };
  const answer = await replay(request, by, queue, records);
  for (const id of answer.queued) process.stdout.write(`${id}\n`);
  const verb = dryRun ? "would be looked at" : "found";
  process.stderr.write(`${answer.found} ${verb}, ${answer.queued.length} queued\n`);
  return EXIT.done;
}

function toFilter(options: ReplayOptions): DeliveryFilter {
  return {
    ...(options.system === undefined ? {} : { system: options.system }),
    ...(options.state === undefined ? {} : { states: options.state.map(toState) }),
    ...(options.kind === undefined ? {} : { errorKind: options.kind }),
    ...(options.code === undefined ? {} : { errorCode: options.code }),
    ...(options.eventType === undefined ? {} : { eventType: options.eventType }),
    ...(options.object === undefined ? {} : { object: options.object }),
    ...(options.model === undefined ? {} : { model: options.model }),
    ...(options.record === undefined ? {} : { lane: options.record }),
    ...(options.since === undefined ? {} : { since: toTime(options.since) }),
    ...(options.until === undefined ? {} : { until: toTime(options.until) }),
  };
}

function toId(text: string): number {
  const id = Number(text);
  if (Number.isInteger(id) && id > 0) return id;
  throw usage(`"${text}" is not a delivery's id.`, "Give the numbers that Odoo's list of deliveries shows.");
}

function toState(text: string): DeliveryState {
  const state = DELIVERY_STATES.find((known) => known === text);
  if (state) return state;
  throw usage(`"${text}" is not a state.`, `Use one of: ${DELIVERY_STATES.join(", ")}.`);
}

function toTime(text: string): Date {
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time;
  throw usage(`"${text}" is not a time.`, "Write it as 2026-11-22T07:00:00Z.");
}

function usage(message: string, hint: string): HubError {
  return new HubError({ kind: "data", code: "usage", message, hint });
}
