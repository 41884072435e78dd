import { HubError } from "../domain/errors";
import type { DeliveryFilter, Queue } from "../odoo/queue";
import type { RecordClient } from "../odoo/record-client";

export interface ReplayRequest {
  deliveries?: number[];
  filter?: DeliveryFilter;
  /** Most deliveries the filter may take, oldest first. */
  limit: number;
  force: boolean;
  /** Reads the records again and sends today's state. */
  reread: boolean;
  dryRun: boolean;
}

export interface ReplayAnswer {
  found: number;
  queued: number[];
}

/**
 * Sends deliveries again: the same payload, or (`reread`) the records as they are now. Used by the admin API and by
 * `hub replay`. A reread makes new deliveries for the same records; `queued` then names those that were read again.
 * Throws `replay_nothing_named` without deliveries and filter, `replay_needs_odoo` for a reread without an API key.
 */
export async function replay(
  request: ReplayRequest,
  by: string,
  queue: Queue,
  records: RecordClient | null,
): Promise<ReplayAnswer> {
  const ids = request.deliveries ?? (await idsOf(request, queue));
  if (request.dryRun || ids.length === 0) return { found: ids.length, queued: [] };
  if (!request.reread) return { found: ids.length, queued: await queue.replay(ids, by, request.force) };
  if (!records) {
    throw new HubError({
      kind: "data",
      code: "replay_needs_odoo",
      message: "Reading records again needs Odoo's API, and no API key is configured.",
      hint: "Set odoo.api_key, or replay the same payload.",
      field: "odoo.api_key",
    });
  }
  return { found: ids.length, queued: await reread(ids, by, request.force, records) };
}

/** Deliveries read again in one call: each call is one transaction in Odoo, which must end within its time limit. */
const REREAD_AT_ONCE = 200;

/** Answers the deliveries whose records were read again; the others' records are gone, or no rule sends them any more. */
async function reread(ids: readonly number[], by: string, force: boolean, records: RecordClient): Promise<number[]> {
  const queued: number[] = [];
  for (let from = 0; from < ids.length; from += REREAD_AT_ONCE) {
    const args = { delivery_ids: ids.slice(from, from + REREAD_AT_ONCE), requested_by: by, force };
    queued.push(...(await records.call<number[]>("integration.queue", "reread", args)));
  }
  return queued;
}

async function idsOf(request: ReplayRequest, queue: Queue): Promise<number[]> {
  if (!request.filter || Object.keys(request.filter).length === 0) {
    throw new HubError({
      kind: "data",
      code: "replay_nothing_named",
      message: "Neither deliveries nor a filter were named.",
      hint: "Name delivery ids, or at least one of system, state, kind, event type, since, until.",
    });
  }
  return queue.findDeliveries(request.filter, request.limit);
}
