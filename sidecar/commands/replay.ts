import { userInfo } from "node:os";
import { replay } from "../admin/replay";
import type { Config } from "../config/config";
import { DELIVERY_STATES, type DeliveryState } from "../domain/delivery";
import { HubError } from "../domain/errors";
import { openQueue, openRecords, verifyIdentity } from "../odoo/open";
import type { DeliveryFilter } from "../odoo/queue";
import { createLog } from "../telemetry/log";
import { EXIT } from "./exit-codes";

export interface ReplayOptions {
  delivery?: string[];
  system?: string;
  state?: string[];
  kind?: string;
  eventType?: string;
  since?: string;
  until?: string;
  limit: number;
  force?: boolean;
  reread?: boolean;
  dryRun?: boolean;
}

/** Queues deliveries to be sent again and prints their ids, one a line. */
export async function replayCommand(config: Config, options: ReplayOptions): Promise<number> {
  const records = openRecords(config.odoo);
  const queue = openQueue(config.odoo, records, createLog({ level: "silent" }));
  try {
    await verifyIdentity(queue, config.odoo);
    const answer = await replay(
      {
        ...(options.delivery ? { deliveries: options.delivery.map(toId) } : {}),
        filter: toFilter(options),
        limit: options.limit,
        force: options.force ?? false,
        reread: options.reread ?? false,
        dryRun: options.dryRun ?? false,
      },
      `hub replay (${userInfo().username})`,
      queue,
      records,
    );
    for (const id of answer.queued) process.stdout.write(`${id}\n`);
    const verb = options.dryRun ? "would be looked at" : "found";
    process.stderr.write(`${answer.found} ${verb}, ${answer.queued.length} queued\n`);
    return EXIT.done;
  } finally {
    await queue.close();
    await records?.close();
  }
}

function toFilter(options: ReplayOptions): DeliveryFilter {
  return {
    ...(options.system === undefined ? {} : { system: options.system }),
    ...(options.state === undefined ? {} : { states: options.state.map(toState) }),
    ...(options.kind === undefined ? {} : { errorKind: options.kind }),
    ...(options.eventType === undefined ? {} : { eventType: options.eventType }),
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
