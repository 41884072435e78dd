import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Json } from "../domain/json";
import { SCHEMA } from "../store/database";
import { PRIORITY, type NoticeSource } from "./inbox";
import { storableJson } from "../domain/storable";

/** One record that is to be fetched and applied, because notices name it. */
export interface Work {
  /** The connector's object type. */
  type: string;
  externalId: string;
  /** The newest notice that this work answers. */
  upTo: string;
  priority: number;
  /** Failed tries before. */
  tries: number;
  /** A first load names it: what certainly is the same record is linked without asking, also when it is changed meanwhile. */
  firstLoad: boolean;
  /** When it named it; null: none does. */
  namedAt: Date | null;
  /** What Odoo asked for: the row that this settles. */
  asked: { deliveryId: number; claims: number } | null;
  /** What was last handed to Odoo. */
  last: { hash: string; vendorTime: Date | null; fetchedAt: Date } | null;
  /** Where its life cycle stood then; undefined when that is not known. */
  state: Json | undefined;
}

/** A record that is only looked at: no notice names it, and nothing of it is stored. */
export function workOn(type: string, externalId: string, source: NoticeSource): Work {
  return {
    type,
    externalId,
    upTo: "0",
    priority: PRIORITY[source],
    tries: 0,
    firstLoad: source === "load",
    namedAt: null,
    asked: null,
    last: null,
    state: undefined,
  };
}

/** How a piece of work ended. */
export interface Ended {
  work: Work;
  /** Null: it is to be done again, after `waitMs`. */
  outcome: string | null;
  waitMs: number;
  errorCode: string | null;
  /** What Odoo now knows; absent where it was not asked or did not take it. */
  seen?: { hash: string; state: Json | undefined; vendorTime: Date | null; fetchedAt: Date; gone: boolean };
}

/** Who claimed has so long; then others take it over. */
const LEASE_SECONDS = 180;

/** What was told of and does not get through, for one reason. */
export interface StuckRecords {
  /** Of the failure. */
  code: string;
  /** The connector's types. */
  types: string[];
  records: number;
  /** When the first of them was told of. */
  since: Date;
}

/**
 * The records that notices name, one at a time each, shared by all sidecars: a record is claimed with all notices about it, and those
 * that come meanwhile wait for the next claim.
 */
export class InboundRecords {
  private readonly lease = randomUUID();

  constructor(
    private readonly store: Knex,
    private readonly system: string,
  ) {}

  /** Takes records that have open notices, the most urgent first. */
  async claim(most: number): Promise<Work[]> {
    const { rows } = await this.store.raw<{ rows: Row[] }>(CLAIM, {
      system: this.system,
      most,
      lease: this.lease,
      seconds: LEASE_SECONDS,
    });
    return rows.map(toWork).sort((a, b) => a.priority - b.priority || Number(a.upTo) - Number(b.upTo));
  }

  /** Notes how claimed work ended. What was taken over by somebody else meanwhile is left alone. */
  async settle(ended: readonly Ended[]): Promise<void> {
    if (ended.length === 0) return;
    await this.store.raw(SETTLE, { system: this.system, lease: this.lease, rows: storableJson(ended.map(toRow)) });
  }

  /** Milliseconds until the next record may be claimed; null when nothing is open. */
  async nextIn(): Promise<number | null> {
    const { rows } = await this.store.raw<{ rows: { wait: number | null }[] }>(
      `SELECT extract(epoch FROM min(r.next_at) - now())::float8 * 1000 AS wait
       FROM ${SCHEMA}.inbox n JOIN ${SCHEMA}.inbound_record r USING (system, object, external_id)
       WHERE n.system = ? AND n.done_at IS NULL`,
      [this.system],
    );
    return rows[0]?.wait ?? null;
  }

  /** Whether something that was told of has not been tried yet; first loads aside, which take their time. */
  async untried(): Promise<boolean> {
    const { rows } = await this.store.raw<{ rows: { untried: boolean }[] }>(
      `SELECT EXISTS (
         SELECT FROM ${SCHEMA}.inbox n LEFT JOIN ${SCHEMA}.inbound_record r USING (system, object, external_id)
         WHERE n.system = ? AND n.done_at IS NULL AND n.object IS NOT NULL AND n.source <> 'load' AND coalesce(r.tries, 0) = 0
       ) AS untried`,
      [this.system],
    );
    return rows[0]?.untried ?? false;
  }

  /** Open notices and the age of the oldest, in seconds. */
  async backlog(): Promise<{ open: number; oldestSeconds: number }> {
    const { rows } = await this.store.raw<{ rows: { open: number; oldest: number | null }[] }>(
      `SELECT count(*)::int AS open, extract(epoch FROM now() - min(received_at))::float8 AS oldest
       FROM ${SCHEMA}.inbox WHERE system = ? AND done_at IS NULL`,
      [this.system],
    );
    return { open: rows[0]?.open ?? 0, oldestSeconds: rows[0]?.oldest ?? 0 };
  }

  /** Records with open notices that were tried in vain a few times, by what stood in the way. */
  async stuck(): Promise<StuckRecords[]> {
    const { rows } = await this.store.raw<{ rows: StuckRecords[] }>(
      `SELECT error_code AS code, array_agg(DISTINCT object) AS types, count(*)::int AS records, min(since) AS since
       FROM (
         SELECT r.object, r.external_id, r.error_code, min(n.received_at) AS since
         FROM ${SCHEMA}.inbox n JOIN ${SCHEMA}.inbound_record r USING (system, object, external_id)
         WHERE n.system = ? AND n.done_at IS NULL AND r.error_code IS NOT NULL AND r.tries >= ?
         GROUP BY r.object, r.external_id, r.error_code
       ) AS stuck GROUP BY error_code ORDER BY error_code`,
      [this.system, TRIES_IN_VAIN],
    );
    return rows;
  }
}

/** Tries of a record after which people hear that it does not get through; until then time heals most. */
const TRIES_IN_VAIN = 3;

const CLAIM = `
  WITH due AS (
    SELECT n.object, n.external_id, max(n.id) AS up_to, min(n.priority) AS priority, bool_or(n.source = 'load') AS first_load,
      min(n.received_at) FILTER (WHERE n.source = 'load') AS named_at
    FROM ${SCHEMA}.inbox n
    LEFT JOIN ${SCHEMA}.inbound_record r USING (system, object, external_id)
    WHERE n.system = :system AND n.done_at IS NULL AND n.object IS NOT NULL AND (r.next_at IS NULL OR r.next_at <= clock_timestamp())
    GROUP BY n.object, n.external_id ORDER BY min(n.priority), min(n.id) LIMIT :most
  ), held AS (
    INSERT INTO ${SCHEMA}.inbound_record AS r (system, object, external_id, lease, next_at)
    SELECT :system, object, external_id, :lease, clock_timestamp() + make_interval(secs => :seconds) FROM due
    ORDER BY object, external_id
    ON CONFLICT (system, object, external_id) DO UPDATE SET lease = excluded.lease, next_at = excluded.next_at
      WHERE r.next_at <= clock_timestamp()
    RETURNING r.object, r.external_id, r.tries, r.hash, r.state, r.vendor_time, r.fetched_at
  )
  SELECT d.object, d.external_id, d.up_to, d.priority, d.first_load, d.named_at, h.tries, h.hash, h.state, h.vendor_time, h.fetched_at, asked.item AS asked
  FROM held h JOIN due d USING (object, external_id)
  LEFT JOIN LATERAL (
    SELECT n.item FROM ${SCHEMA}.inbox n
    WHERE n.system = :system AND n.object = d.object AND n.external_id = d.external_id AND n.done_at IS NULL AND n.source = 'odoo'
      AND n.id <= d.up_to
    ORDER BY n.id DESC LIMIT 1
  ) AS asked ON true`;

const SETTLE = `
  WITH given AS (
    SELECT * FROM jsonb_to_recordset(:rows::jsonb) AS g(object text, external_id text, up_to bigint, outcome text, wait_ms float8,
      error_code text, seen boolean, hash text, state jsonb, vendor_time timestamptz, fetched_at timestamptz, gone boolean)
  ), mine AS (
    UPDATE ${SCHEMA}.inbound_record r SET
      lease = NULL, next_at = clock_timestamp() + make_interval(secs => g.wait_ms / 1000), error_code = g.error_code,
      tries = CASE WHEN g.outcome IS NULL AND g.error_code IS NOT NULL THEN r.tries + 1 ELSE 0 END,
      hash = CASE WHEN g.seen THEN g.hash ELSE r.hash END,
      state = CASE WHEN g.seen THEN g.state ELSE r.state END,
      vendor_time = CASE WHEN g.seen THEN g.vendor_time ELSE r.vendor_time END,
      fetched_at = CASE WHEN g.seen THEN g.fetched_at ELSE r.fetched_at END,
      gone = CASE WHEN g.seen THEN g.gone ELSE r.gone END
    FROM given g
    WHERE r.system = :system AND r.object = g.object AND r.external_id = g.external_id AND r.lease = :lease
    RETURNING g.object, g.external_id, g.up_to, g.outcome
  )
  UPDATE ${SCHEMA}.inbox n SET done_at = clock_timestamp(), outcome = m.outcome
  FROM mine m
  WHERE n.system = :system AND n.object = m.object AND n.external_id = m.external_id AND n.id <= m.up_to AND n.done_at IS NULL
    AND m.outcome IS NOT NULL`;

interface Row {
  object: string;
  external_id: string;
  up_to: string;
  priority: number;
  first_load: boolean;
  named_at: Date | null;
  tries: number;
  hash: string | null;
  state: Json;
  vendor_time: Date | null;
  fetched_at: Date | null;
  asked: { deliveryId: number; claims: number } | null;
}

function toWork(row: Row): Work {
  const { hash, fetched_at: fetchedAt, vendor_time: vendorTime } = row;
  return {
    type: row.object,
    externalId: row.external_id,
    upTo: row.up_to,
    priority: row.priority,
    tries: row.tries,
    firstLoad: row.first_load,
    namedAt: row.named_at,
    asked: row.asked,
    last: hash !== null && fetchedAt !== null ? { hash, vendorTime, fetchedAt } : null,
    state: row.state ?? undefined,
  };
}

function toRow({ work, outcome, waitMs, errorCode, seen }: Ended): object {
  return {
    object: work.type,
    external_id: work.externalId,
    up_to: work.upTo,
    outcome,
    wait_ms: waitMs,
    error_code: errorCode,
    seen: seen !== undefined,
    hash: seen?.hash ?? null,
    state: seen?.state ?? null,
    vendor_time: seen?.vendorTime?.toISOString() ?? null,
    fetched_at: seen?.fetchedAt.toISOString() ?? null,
    gone: seen?.gone ?? false,
  };
}
