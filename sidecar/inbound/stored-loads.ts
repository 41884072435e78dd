import type { Knex } from "knex";
import type { Change } from "../connectors";
import { SCHEMA } from "../store/database";
import { PRIORITY } from "./inbox";
import type { ListedType } from "./listed-records";
import { storableJson } from "../domain/storable";

/** A first load as the hub's database knows it. */
export interface StoredLoad {
  id: number;
  /** It had begun before, and was interrupted. */
  resumed: boolean;
  /** From where its list is read on; null: from the beginning. */
  from: Date | null;
  /** The whole list was read: what is left to do is the workers'. */
  listed: boolean;
}

/** How far a first load has got. */
export interface LoadState {
  listed: number;
  /** Records that are not done with yet. */
  open: number;
  /** Records by how they ended: `created`, `matched`, `unchanged`, `held`, … (`integration.inbound.receive`); `settled`: stood still, and went since. */
  outcomes: Record<string, number>;
  /** Of what stands still, or is tried again: how many for each reason. */
  reasons: Record<string, number>;
}

/** First loads in the hub's database: how far each has read its list, and what became of what it named. */
export class StoredLoads {
  constructor(private readonly store: Knex) {}

  /** The load of a type that is not done, or else a new one. */
  async open({ system, object }: ListedType): Promise<StoredLoad> {
    const { rows } = await this.store.raw<{
      rows: { id: number; resumed: boolean; time: Date | null; listed_at: Date | null }[];
    }>(
      `WITH running AS (
         SELECT id, true AS resumed, time, listed_at FROM ${SCHEMA}.inbound_load l
         WHERE system = :system AND object = :object AND NOT dry
           AND (listed_at IS NULL OR EXISTS (SELECT FROM ${SCHEMA}.inbox n WHERE n.load_id = l.id AND n.done_at IS NULL))
         ORDER BY id DESC LIMIT 1
       ), made AS (
         INSERT INTO ${SCHEMA}.inbound_load (system, object) SELECT :system, :object WHERE NOT EXISTS (SELECT FROM running)
         RETURNING id, false AS resumed, time, listed_at
       )
       SELECT * FROM running UNION ALL SELECT * FROM made`,
      { system, object },
    );
    const [row] = rows;
    if (!row) throw new Error("a first load could not be stored");
    return { id: row.id, resumed: row.resumed, from: row.time, listed: row.listed_at !== null };
  }

  /**
   * Keeps a notice of each record of a part of the list, and how far that was read, in one statement: whatever is listed again after a
   * crash is kept once. What went wrong before is over. Answers how many records were new to this load.
   */
  async take(
    id: number,
    { system, object }: ListedType,
    changes: readonly Change[],
    upTo: Date | null,
  ): Promise<number> {
    const rows = [...new Map(changes.filter(({ deleted }) => !deleted).map((change) => [change.id, change])).values()];
    const { rows: answer } = await this.store.raw<{ rows: { taken: number }[] }>(TAKE, {
      id,
      system,
      object,
      priority: PRIORITY.load,
      upTo,
      rows: storableJson(rows.map((one) => ({ external_id: one.id, version: one.version, time: one.time }))),
    });
    return answer[0]?.taken ?? 0;
  }

  /** The list was read to its end. What changes from the load's beginning on is for looks at what changed. */
  async listed(id: number): Promise<void> {
    await this.store.raw(
      `WITH ended AS (
         UPDATE ${SCHEMA}.inbound_load SET listed_at = clock_timestamp(), failure = NULL WHERE id = ? RETURNING system, object, started_at
       )
       INSERT INTO ${SCHEMA}.inbound_cursor (system, object, time, known_at)
       SELECT system, object, started_at, clock_timestamp() FROM ended
       ON CONFLICT (system, object) DO NOTHING`,
      [id],
    );
  }

  async state(id: number): Promise<LoadState> {
    const { rows } = await this.store.raw<{ rows: { outcome: string | null; reason: string | null; count: number }[] }>(
      `SELECT CASE WHEN ${STOOD_STILL} AND r.error_code IS NULL AND r.hash IS NOT NULL THEN 'settled' ELSE n.outcome END AS outcome,
         CASE WHEN ${STOOD_STILL} OR (n.outcome IS NULL AND r.tries > 0) THEN r.error_code END AS reason, count(*)::int AS count
       FROM ${SCHEMA}.inbox n LEFT JOIN ${SCHEMA}.inbound_record r USING (system, object, external_id)
       WHERE n.load_id = ? GROUP BY 1, 2`,
      [id],
    );
    const state: LoadState = { listed: 0, open: 0, outcomes: {}, reasons: {} };
    for (const { outcome, reason, count } of rows) {
      state.listed += count;
      if (outcome === null) state.open += count;
      else state.outcomes[outcome] = (state.outcomes[outcome] ?? 0) + count;
      if (reason !== null) state.reasons[reason] = (state.reasons[reason] ?? 0) + count;
    }
    return state;
  }

  async openNotices(id: number): Promise<number> {
    const { rows } = await this.store.raw<{ rows: { open: number }[] }>(
      `SELECT count(*)::int AS open FROM ${SCHEMA}.inbox WHERE load_id = ? AND done_at IS NULL`,
      [id],
    );
    return rows[0]?.open ?? 0;
  }
}

const STOOD_STILL = "n.outcome IN ('held', 'dead', 'waiting')";

const TAKE = `
  WITH given AS (
    SELECT * FROM jsonb_to_recordset(:rows::jsonb) AS g(external_id text, version text, time timestamptz)
  ), known AS (
    INSERT INTO ${SCHEMA}.inbound_listed AS l (system, object, external_id, version, seen_at)
    SELECT :system, :object, external_id, version, clock_timestamp() FROM given ORDER BY external_id
    ON CONFLICT (system, object, external_id) DO UPDATE SET version = excluded.version, seen_at = excluded.seen_at
  ), kept AS (
    INSERT INTO ${SCHEMA}.inbox (system, key, event, object, change, external_id, occurred_at, item, source, priority, load_id)
    SELECT :system, concat('load:', :id::int, ':', :object::text, ':', external_id), 'load', :object, 'changed', external_id, time, '{}',
      'load', :priority, :id
    FROM given ORDER BY time, external_id
    ON CONFLICT (system, key) DO NOTHING
    RETURNING 1
  ), counted AS (SELECT count(*)::int AS taken FROM kept)
  UPDATE ${SCHEMA}.inbound_load l SET time = greatest(l.time, :upTo::timestamptz), listed = l.listed + counted.taken, failure = NULL
  FROM counted WHERE l.id = :id RETURNING counted.taken`;
