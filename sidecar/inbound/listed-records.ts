import type { Knex } from "knex";
import type { Change } from "../connectors";
import type { Failure } from "../domain/errors";
import { SCHEMA } from "../store/database";
import { PRIORITY } from "./inbox";
import { storableJson } from "../domain/storable";

/** Where a list stands when it is looked at. */
export interface Cursor {
  /** Everything that changed before was seen, up to the definition's overlap. */
  time: Date;
  /** The whole list is known: an entry without a time that was not there before is new. */
  known: boolean;
  /** When all that is there was last gone through; null: never. */
  sweptAt: Date | null;
  /** When the look before this one began; null: never. */
  lookedAt: Date | null;
  /** Of the database's clock. */
  startedAt: Date;
}

/** What a part of a list had to say that was not known. */
export interface Found {
  /** Records that are to be fetched. */
  found: number;
  /** Those of them that no webhook had named. */
  missed: number;
}

/** A list of changes that cannot be read. */
export interface FailingList {
  object: string;
  /** The first look that failed since one worked. */
  since: Date;
  /** How long ago that was. */
  seconds: number;
  failure: Failure;
}

/** A connector's type of records of one system. */
export interface ListedType {
  system: string;
  object: string;
}

/**
 * What the lists of other systems showed, in the hub's database: how far each was read, and the version of each record that was last
 * seen in it. An entry that is listed again (because it lies within the overlap, or at the same moment as the last one read) is known by
 * its version. Each method is one statement: a notice and the memory of its entry are kept together or not at all, and two sidecars
 * that look at the same time keep it once.
 */
export class ListedRecords {
  constructor(private readonly store: Knex) {}

  /**
   * Begins a look, unless the last one began less than `everyMs` ago: then null. The first one ever begins at the present moment: what
   * was there before is for the first load.
   */
  async begin(type: ListedType, everyMs: number): Promise<Cursor | null> {
    const { rows } = await this.store.raw<{
      rows: { time: Date; known_at: Date | null; swept_at: Date | null; before: Date | null; polled_at: Date }[];
    }>(
      `WITH former AS (SELECT polled_at FROM ${SCHEMA}.inbound_cursor WHERE system = :system AND object = :object)
       INSERT INTO ${SCHEMA}.inbound_cursor AS c (system, object, time, polled_at)
       VALUES (:system, :object, clock_timestamp(), clock_timestamp())
       ON CONFLICT (system, object) DO UPDATE SET time = coalesce(c.time, excluded.time), polled_at = excluded.polled_at
         WHERE c.polled_at IS NULL OR c.polled_at <= clock_timestamp() - make_interval(secs => :seconds)
       RETURNING time, known_at, swept_at, (SELECT polled_at FROM former) AS before, polled_at`,
      { ...type, seconds: everyMs / 1_000 },
    );
    const [row] = rows;
    if (!row) return null;
    const { time, known_at: knownAt, swept_at: sweptAt, before: lookedAt, polled_at: startedAt } = row;
    return { time, known: knownAt !== null, sweptAt, lookedAt, startedAt };
  }

  /**
   * Remembers entries of a list and keeps a notice of each that is not known: neither listed before as it is, nor read by us since.
   * @param told webhooks tell of this type: what none of them named counts as missed
   */
  async take(type: ListedType, changes: readonly Change[], cursor: Cursor, told: boolean): Promise<Found> {
    if (changes.length === 0) return { found: 0, missed: 0 };
    return this.found(TAKE, {
      ...type,
      ...this.terms(cursor, told),
      known: cursor.known,
      rows: toRows(changes, cursor),
    });
  }

  /** Everything that changed before `time` was taken. A cursor never goes back. */
  async advance({ system, object }: ListedType, time: Date): Promise<void> {
    await this.store.raw(
      `UPDATE ${SCHEMA}.inbound_cursor SET time = greatest(time, ?) WHERE system = ? AND object = ?`,
      [time, system, object],
    );
  }

  /** Before a sweep: what was read and is still there, as far as we know, has to be in the list. */
  async beginSweep({ system, object }: ListedType): Promise<Date> {
    const { rows } = await this.store.raw<{ rows: { at: Date }[] }>(
      `WITH known AS (
         INSERT INTO ${SCHEMA}.inbound_listed (system, object, external_id, seen_at)
         SELECT system, object, external_id, '-infinity' FROM ${SCHEMA}.inbound_record
         WHERE system = ? AND object = ? AND hash IS NOT NULL AND NOT gone
         ON CONFLICT DO NOTHING
       )
       SELECT clock_timestamp() AS at`,
      [system, object],
    );
    return rows[0]?.at ?? new Date();
  }

  /** Of a sweep: these are there. What was not known to be there is new, except in the first sweep. */
  async present(type: ListedType, ids: readonly string[], cursor: Cursor, told: boolean): Promise<Found> {
    if (ids.length === 0) return { found: 0, missed: 0 };
    const rows = storableJson([...new Set(ids)].map((id) => ({ external_id: id })));
    return this.found(PRESENT, { ...type, ...this.terms(cursor, told), known: cursor.sweptAt !== null, rows });
  }

  /** After a whole sweep: what it did not show is gone. */
  async endSweep(type: ListedType, begunAt: Date, cursor: Cursor, told: boolean): Promise<Found> {
    return this.found(ABSENT, { ...type, ...this.terms(cursor, told), begun: begunAt });
  }

  /** Notes how a look ended. After one that failed, the next begins where this one got to. */
  async end({ system, object }: ListedType, { found, missed }: Found, failure: Failure | null): Promise<void> {
    await this.store.raw(
      `UPDATE ${SCHEMA}.inbound_cursor SET found = found + :found, missed = missed + :missed, failure = :failure,
         failed_at = CASE WHEN :ok THEN NULL ELSE coalesce(failed_at, clock_timestamp()) END,
         known_at = CASE WHEN :ok THEN coalesce(known_at, clock_timestamp()) ELSE known_at END
       WHERE system = :system AND object = :object`,
      { system, object, found, missed, ok: failure === null, failure: failure && storableJson(failure) },
    );
  }

  /** Lists of a system that could not be read when they were last looked at. */
  async failing(system: string): Promise<FailingList[]> {
    const { rows } = await this.store.raw<{ rows: FailingList[] }>(
      `SELECT object, failed_at AS since, extract(epoch FROM clock_timestamp() - failed_at)::float8 AS seconds, failure
       FROM ${SCHEMA}.inbound_cursor WHERE system = ? AND failure IS NOT NULL AND failed_at IS NOT NULL ORDER BY object`,
      [system],
    );
    return rows;
  }

  /** When each list of a system was last looked at. */
  async lastLooks(system: string): Promise<{ object: string; lookedAt: Date | null }[]> {
    const { rows } = await this.store.raw<{ rows: { object: string; lookedAt: Date | null }[] }>(
      `SELECT object, polled_at AS "lookedAt" FROM ${SCHEMA}.inbound_cursor WHERE system = ?`,
      [system],
    );
    return rows;
  }

  private terms({ lookedAt, startedAt }: Cursor, told: boolean): object {
    return { told, since: lookedAt ?? startedAt, priority: PRIORITY.poll };
  }

  private async found(statement: string, values: object): Promise<Found> {
    const { rows } = await this.store.raw<{ rows: Found[] }>(statement, values as never);
    return rows[0] ?? { found: 0, missed: 0 };
  }
}

/** Vendors' times may be as coarse as this: what changed so shortly before it was listed may change again without being told apart. */
const TICK_MS = 2_000;

function toRows(changes: readonly Change[], { startedAt }: Cursor): string {
  // A record may stand in a page twice; the later entry counts.
  const byId = new Map<string, object>();
  for (const { id, time, deleted, version } of changes) {
    const settled = time === null || startedAt.getTime() - time.getTime() >= TICK_MS;
    byId.set(id, {
      external_id: id,
      version: `${deleted ? "deleted " : ""}${version}${settled ? "" : " or later"}`,
      time: time?.toISOString() ?? null,
      deleted,
    });
  }
  return storableJson([...byId.values()]);
}

/** Odoo was told of this state, or a later one. A change within the same tick of the vendor's clock could hide behind the same moment. */
const READ_SINCE = `CASE WHEN w.deleted THEN r.gone
  ELSE NOT r.gone AND (r.vendor_time > w.time OR (r.vendor_time = w.time AND r.fetched_at > w.time + interval '2 seconds')) END`;

/** Keeps notices of `wanted` (external_id, time, deleted), and counts them. */
const KEEP = `
  kept AS (
    INSERT INTO ${SCHEMA}.inbox (system, key, event, object, change, external_id, occurred_at, item, source, priority)
    SELECT :system, 'poll:' || gen_random_uuid(), 'poll', :object, CASE WHEN w.deleted THEN 'deleted' ELSE 'changed' END,
      w.external_id, w.time, '{}', 'poll', :priority
    FROM wanted w LEFT JOIN ${SCHEMA}.inbound_record r ON r.system = :system AND r.object = :object AND r.external_id = w.external_id
    WHERE (${READ_SINCE}) IS NOT TRUE
    ORDER BY w.time, w.external_id
    RETURNING external_id, occurred_at
  )
  SELECT count(*)::int AS found,
    (count(*) FILTER (WHERE :told AND NOT EXISTS (
      SELECT FROM ${SCHEMA}.inbox n
      WHERE n.system = :system AND n.object = :object AND n.external_id = kept.external_id AND n.source = 'webhook'
        AND n.received_at >= coalesce(kept.occurred_at, :since) - interval '1 minute')))::int AS missed
  FROM kept`;

const TAKE = `
  WITH given AS (
    SELECT * FROM jsonb_to_recordset(:rows::jsonb) AS g(external_id text, version text, time timestamptz, deleted boolean)
  ), fresh AS (
    INSERT INTO ${SCHEMA}.inbound_listed AS l (system, object, external_id, version, seen_at)
    SELECT :system, :object, external_id, version, clock_timestamp() FROM given ORDER BY external_id
    ON CONFLICT (system, object, external_id) DO UPDATE SET version = excluded.version, seen_at = excluded.seen_at
      WHERE l.version IS DISTINCT FROM excluded.version
    RETURNING l.external_id, xmax = 0 AS added
  ), wanted AS (
    SELECT g.external_id, g.time, g.deleted FROM fresh f JOIN given g USING (external_id)
    WHERE :known OR g.time IS NOT NULL OR NOT f.added
  ), ${KEEP}`;

const PRESENT = `
  WITH fresh AS (
    INSERT INTO ${SCHEMA}.inbound_listed AS l (system, object, external_id, seen_at)
    SELECT :system, :object, g.external_id, clock_timestamp()
    FROM jsonb_to_recordset(:rows::jsonb) AS g(external_id text) ORDER BY g.external_id
    ON CONFLICT (system, object, external_id) DO UPDATE SET seen_at = excluded.seen_at,
      version = CASE WHEN l.version LIKE 'deleted %' THEN NULL ELSE l.version END
    RETURNING l.external_id, xmax = 0 AS added
  ), wanted AS (
    SELECT external_id, NULL::timestamptz AS time, false AS deleted FROM fresh WHERE :known AND added
  ), ${KEEP}`;

const ABSENT = `
  WITH lost AS (
    DELETE FROM ${SCHEMA}.inbound_listed
    WHERE system = :system AND object = :object AND seen_at < :begun
    RETURNING external_id, version
  ), swept AS (
    UPDATE ${SCHEMA}.inbound_cursor SET swept_at = :begun WHERE system = :system AND object = :object
  ), wanted AS (
    SELECT external_id, NULL::timestamptz AS time, true AS deleted FROM lost WHERE version IS NULL OR version NOT LIKE 'deleted %'
  ), ${KEEP}`;
