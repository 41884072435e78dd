import type { ClaimedDelivery } from "../domain/delivery";
import { HubError, toFailure } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import type { WriteBack } from "../mapping/registry";
import type { RecordClient } from "../odoo/record-client";

/**
 * What has to be written: the asked values that the snapshot does not show already. Empty when nothing is asked, and
 * for a record that was deleted.
 */
export function valuesToWrite(
  lines: readonly WriteBack[],
  held: { externalId: string; url: string | null },
  record: JsonObject,
): Record<string, Json> {
  const values: Record<string, Json> = {};
  for (const { to, from } of lines) {
    const value = from === "url" ? held.url : held.externalId;
    if (value !== null && !(Object.hasOwn(record, to) && record[to] === value)) values[to] = value;
  }
  return values;
}

/**
 * Writes the values through Odoo, with this system as the origin, so that no event for it comes of them. Writing the
 * same again changes nothing, so it may be repeated. Throws a technical failure when Odoo is away, and otherwise a
 * business failure that names the field: the target holds the record, only the note in Odoo is missing.
 */
export async function writeBack(
  records: RecordClient | null,
  system: string,
  delivery: ClaimedDelivery,
  values: Record<string, Json>,
): Promise<void> {
  const fields = Object.keys(values).join(", ");
  if (!records) {
    throw refused(fields, "no API key for Odoo is configured", "Set odoo.api_key, then retry.");
  }
  const args = { system, model: delivery.model, res_id: delivery.resId, values };
  try {
    await records.call("integration.queue", "write_back", args);
  } catch (thrown) {
    const failure = toFailure(thrown);
    if (failure.kind === "technical") throw thrown;
    throw refused(fields, failure.message, failure.hint, thrown);
  }
}

function refused(fields: string, reason: string, hint: string, cause?: unknown): HubError {
  return new HubError(
    {
      kind: "business",
      code: "write_back_refused",
      message: `The target holds the record, but ${fields} could not be written in Odoo: ${reason}`,
      hint,
      field: fields,
    },
    { cause },
  );
}
