import type { Knex } from "knex";
import type { Notice } from "../connectors/webhooks";
import { SCHEMA } from "../store/database";
import { storableJson } from "../domain/storable";

/** What became of the notices of one request. */
export interface Kept {
  /** New to us. */
  kept: number;
  /** Known already: the vendor repeats itself. */
  repeated: number;
}

/** Who says that a record may have changed: the vendor, our look at its list, a first load, or Odoo (a person's retry, a reference that arrived). */
export type NoticeSource = "webhook" | "poll" | "load" | "odoo";

/** The rank of notices by their source; backfill from 80 on (`sidecar/domain/priority.ts`). */
export const PRIORITY: Record<NoticeSource, number> = { odoo: 40, webhook: 50, poll: 60, load: 90 };

/** Notices wait here until somebody fetches the records they name. One statement a request; a notice is kept once. */
export class Inbox {
  constructor(private readonly store: Knex) {}

  /** Keeps what is new. Once it has answered, the notices survive a crash. An event that the definition does not know means nothing to us: nobody is to fetch it. */
  async keep(system: string, notices: readonly Notice[], source: NoticeSource = "webhook"): Promise<Kept> {
    if (notices.length === 0) return { kept: 0, repeated: 0 };
    const { rowCount } = await this.store.raw<{ rowCount: number }>(
      `INSERT INTO ${SCHEMA}.inbox (system, key, event, object, change, external_id, occurred_at, item, source, priority, done_at, outcome)
       SELECT ?, n.key, n.event, n.object, n.change, n.external_id, n.occurred_at, n.item, ?, ?,
         CASE WHEN n.object IS NULL THEN now() END, CASE WHEN n.object IS NULL THEN 'not_taken' END
       FROM jsonb_to_recordset(?::jsonb) AS n(key text, event text, object text, change text, external_id text, occurred_at timestamptz, item jsonb)
       ON CONFLICT (system, key) DO NOTHING`,
      [system, source, PRIORITY[source], storableJson(notices.map(row))],
    );
    return { kept: rowCount, repeated: notices.length - rowCount };
  }

  /** Deletes notices that were done with so long ago that no vendor repeats them. Answers how many. */
  async forget(days: number): Promise<number> {
    return this.store("inbox")
      .withSchema(SCHEMA)
      .whereRaw("done_at < now() - make_interval(days => ?)", [days])
      .delete();
  }
}

function row({ externalId, occurredAt, ...notice }: Notice): object {
  return { ...notice, external_id: externalId, occurred_at: occurredAt?.toISOString() ?? null };
}
