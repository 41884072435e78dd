import type { ClaimedDelivery } from "../domain/delivery";
import { HubError } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import type { MappingRegistry } from "../mapping/registry";

/** What was read from a delivery's snapshot. */
export interface Content {
  canonical: JsonObject;
  record: JsonObject;
}

/** @throws HubError of kind `data` when the snapshot cannot be read or does not make a valid canonical object */
export function contentOf(delivery: ClaimedDelivery, mappings: MappingRegistry): Content {
  const payload = parsePayload(delivery);
  const canonical = mappings.toCanonical(delivery.object, payload);
  // toCanonical has refused a payload without a record.
  return { canonical, record: payload["record"] as JsonObject };
}

function parsePayload(delivery: ClaimedDelivery): JsonObject {
  try {
    const payload: unknown = JSON.parse(delivery.payload);
    if (typeof payload === "object" && payload !== null && !Array.isArray(payload)) return payload as JsonObject;
  } catch {
    // Said below, without the text: it is the record's data.
  }
  throw new HubError({
    kind: "data",
    code: "payload_unreadable",
    message: `The snapshot of ${delivery.lane} cannot be read.`,
    hint: "Use Read again and send in Odoo. If it happens again, the addon and the sidecar are of different versions.",
    field: delivery.object,
  });
}
