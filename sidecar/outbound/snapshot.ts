import type { ClaimedDelivery } from "../domain/delivery";
import { HubError } from "../domain/errors";
import type { JsonObject } from "../domain/json";

/** The record as it was when the user's transaction committed (docs/architecture.md, "Capture"). */
export interface Snapshot {
  record: JsonObject;
  changed: string[];
  before: JsonObject;
}

/** Reads a delivery's payload; throws `payload_unreadable` (data) when it is not what the addon writes. */
export function readSnapshot(delivery: ClaimedDelivery): Snapshot {
  let parsed: unknown;
  try {
    parsed = JSON.parse(delivery.payload);
  } catch {
    throw unreadable(delivery, "it is not JSON");
  }
  const snapshot = parsed as Partial<Snapshot> | null;
  if (typeof snapshot !== "object" || snapshot === null) throw unreadable(delivery, "it is not an object");
  const { record } = snapshot;
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw unreadable(delivery, "it holds no record");
  }
  return { record, changed: snapshot.changed ?? [], before: snapshot.before ?? {} };
}

function unreadable(delivery: ClaimedDelivery, reason: string): HubError {
  return new HubError({
    kind: "data",
    code: "payload_unreadable",
    message: `The snapshot of ${delivery.lane} cannot be read: ${reason}.`,
    hint: "Use Read again and send in Odoo. If it happens again, the addon and the sidecar are of different versions.",
    field: "payload",
  });
}
