import type { ErrorKind } from "../domain/errors";
import { HubError, toFailure } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import type { WriteBack } from "../mapping/registry";
import type { RecordClient } from "../odoo/record-client";
import { Together } from "./together";

/**
 * What has to be written: the values the mapping asks for that the snapshot does not show already. Empty when nothing is
 * asked.
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

interface Row {
  lane: string;
  values: Record<string, Json>;
}

/** What Odoo says to one row: a bad one never takes the others with it. */
interface RowAnswer {
  ok: boolean;
  kind?: ErrorKind;
  message?: string;
  field?: string | null;
}

/** Writes what a system answered to the records in Odoo, with that system as the origin, so that no event for it comes of it. */
export class WriteBacks {
  private readonly rows: Together<Row, RowAnswer>;

  constructor(
    private readonly records: RecordClient | null,
    private readonly system: string,
  ) {
    this.rows = new Together((rows) => this.ask(rows));
  }

  /**
   * Writing the same again changes nothing, so it may be repeated. Throws a technical failure when Odoo is away, and
   * otherwise a business failure that names the field: the target holds the record, only the note in Odoo is missing.
   */
  async write(lane: string, values: Record<string, Json>): Promise<void> {
    const fields = Object.keys(values).join(", ");
    if (!this.records) throw refused(fields, "no API key for Odoo is configured.", "Set odoo.api_key, then retry.");
    let answer: RowAnswer;
    try {
      answer = await this.rows.one({ lane, values });
    } catch (thrown) {
      const { kind, message, hint } = toFailure(thrown);
      if (kind === "technical") throw thrown;
      throw refused(fields, message, hint, thrown);
    }
    if (answer.ok) return;
    const said = answer.message ?? "Odoo gave no reason.";
    if (answer.kind === "technical") throw away(fields, said);
    throw refused(
      answer.field || fields,
      said,
      "Correct what the message names in Odoo or in the mapping, then retry.",
    );
  }

  private async ask(rows: Row[]): Promise<RowAnswer[]> {
    if (!this.records) return [];
    const args = { system: this.system, values: rows.map(({ lane, values }) => ({ lane, values })) };
    return this.records.call<RowAnswer[]>("integration.queue", "write_back", args);
  }
}

function refused(field: string, reason: string, hint: string, cause?: unknown): HubError {
  return new HubError(
    {
      kind: "business",
      code: "write_back_refused",
      message: `The target holds the record, but ${field} could not be written in Odoo: ${reason}`,
      hint,
      field,
    },
    { cause },
  );
}

function away(field: string, reason: string): HubError {
  return new HubError({
    kind: "technical",
    code: "write_back_failed",
    message: `The target holds the record, but ${field} could not be written in Odoo just now: ${reason}`,
    hint: "Nothing to do: it is tried again by itself.",
    field,
  });
}
