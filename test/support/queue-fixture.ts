import { Pool } from "pg";
import type { Json, JsonObject } from "../../sidecar/domain/json";
import type { Operation } from "../../sidecar/domain/delivery";

/** A change as the addon would record it; everything but the record has a default. */
export interface Change {
  system?: string;
  lane: string;
  operation?: Operation;
  object?: string;
  eventType?: string;
  record?: JsonObject;
  coalesce?: boolean;
  priority?: number;
  /** The rule that made it (`QueueFixture.rule`); none by default, and then no mass-change limit applies. */
  rule?: number;
}

/** Limits of the mass-change brake; 0: none. */
export interface BrakeLimits {
  creates?: number;
  changes?: number;
  removals?: number;
  minutes?: number;
}

/**
 * Writes to the queue what the addon writes when a user changes a record, without an Odoo server: the same tables in a database that Odoo made.
 * Only for tests of what happens after the capture; the capture itself is tested inside Odoo.
 */
export class QueueFixture {
  constructor(private readonly pool: Pick<Pool, "query">) {}

  /** A system that can be claimed from. Answers its id; an existing one is reset to active. */
  async system(code: string, options: { maxAttempts?: number } = {}): Promise<number> {
    const { rows } = await this.pool.query<{ id: number }>(
      `INSERT INTO integration_system (code, name, connector, state, active, max_attempts, inbound_creates, inbound_changes,
         inbound_removals, inbound_minutes, create_date, write_date)
       VALUES ($1::varchar, initcap($1::varchar), $1::varchar, 'active', true, $2, 0, 0, 0, 10, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
       ON CONFLICT (code) DO UPDATE SET state = 'active', active = true, pause_kind = NULL, pause_reason = NULL, paused_until = NULL,
         max_attempts = excluded.max_attempts
       RETURNING id`,
      [code, options.maxAttempts ?? 12],
    );
    return one(rows).id;
  }

  /** A rule for `Change.rule`. It is switched off: it captures nothing, and its limits apply all the same. */
  async rule(name: string, limits: BrakeLimits = {}): Promise<number> {
    const { rows } = await this.pool.query<{ id: number }>(
      `INSERT INTO integration_rule (name, model_id, model, event_type, object, domain, active, sequence, priority, brake_creates, brake_changes,
         brake_removals, brake_minutes, create_date, write_date)
       SELECT $1, m.id, m.model, 'customer.changed', 'customer', '[]', false, 10, 50, $2, $3, $4, $5, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
       FROM ir_model m WHERE m.model = 'res.partner' RETURNING id`,
      [name, limits.creates ?? 0, limits.changes ?? 0, limits.removals ?? 0, limits.minutes ?? 10],
    );
    return one(rows).id;
  }

  /** The mass changes that were stopped on the way to a system, oldest first. */
  async brakes(system: string): Promise<Record<string, unknown>[]> {
    const { rows } = await this.pool.query<Record<string, unknown>>(
      "SELECT b.* FROM integration_brake b JOIN integration_system s ON s.id = b.system_id WHERE s.code = $1 ORDER BY b.id",
      [system],
    );
    return rows;
  }

  /** What the buttons Approve and Reject do. Answers how many deliveries it was about. */
  async decideBrake(brake: unknown, approve: boolean, reason: string | null = null): Promise<number> {
    const { rows } = await this.pool.query<{ n: number }>(
      "SELECT integration_hub_private.decide_brake($1, $2, 2, 'Operator', $3) AS n",
      [brake, approve, reason],
    );
    return one(rows).n;
  }

  /** Makes what the brake has counted, and what it lets pass after an approval, older by so many minutes. */
  async letMinutesPass(minutes: number): Promise<void> {
    await this.pool.query(
      `UPDATE integration_brake_meter m SET open_until = open_until - make_interval(mins => $1),
         sent = (SELECT coalesce(jsonb_object_agg((s.key::int - $1)::text, s.value), '{}') FROM jsonb_each(m.sent) AS s)`,
      [minutes],
    );
  }

  /** What the buttons Re-link and Re-arm of a restore report do. */
  async rearm(relink = true): Promise<void> {
    if (relink)
      await this.pool.query(
        "SELECT integration_hub_private.relink(id, 2) FROM integration_restore WHERE state = 'open'",
      );
    await this.pool.query("SELECT integration_hub_private.rearm(id, 2) FROM integration_restore WHERE state = 'open'");
  }

  /** Records one change in a transaction of its own, with the notification, and answers the delivery's id. */
  async change(change: Change): Promise<number> {
    const { lane, operation = "write", object = "customer", coalesce = true, priority = 50 } = change;
    const [model = "", resId = "0"] = lane.split(",");
    const record: JsonObject = { id: Number(resId), name: `Record ${resId}`, ...change.record };
    const payload: Json = { record, changed: [], before: {} };
    const { rows } = await this.pool.query<{ id: number }>(
      `WITH system AS (SELECT id, code FROM integration_system WHERE code = $1::varchar),
       event AS (
         INSERT INTO integration_event (event_type, object, operation, model, res_id, res_name, rule_id, traceparent, txid, occurred_at, create_date, release)
         VALUES ($2::varchar, $3::varchar, $4::varchar, $5::varchar, $6::int, $7::varchar, $12::int, '00-' || md5(random()::text) || '-' || left(md5(random()::text), 16) || '-01', txid_current(),
           clock_timestamp() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', integration_hub_private.release_now())
         RETURNING id),
       payload AS (INSERT INTO integration_event_payload (event_id, payload) SELECT id, $8 FROM event),
       notified AS (SELECT pg_notify('integration_hub', code) FROM system)
       INSERT INTO integration_delivery (event_id, system_id, lane, model, res_id, res_name, object, event_type, operation, state, priority, coalesce,
         forced, verify, attempts, create_date)
       SELECT event.id, system.id, $9, $5::varchar, $6::int, $7::varchar, $3::varchar, $2::varchar, $4::varchar, 'pending', $10, $11, false, false, 0, now() AT TIME ZONE 'UTC'
       FROM event, system, notified
       RETURNING id`,
      [
        change.system ?? "hubspot",
        change.eventType ?? `${object}.changed`,
        object,
        operation,
        model,
        Number(resId),
        typeof record["name"] === "string" ? record["name"] : null,
        JSON.stringify(payload),
        lane,
        priority,
        coalesce,
        change.rule ?? null,
      ],
    );
    return one(rows).id;
  }

  /** Makes the next release out of these files and tells the sidecars, as an activation in Odoo does. Answers its number. */
  async release(files: { path: string; content: Json }[], objects: JsonObject = {}): Promise<number> {
    const content: Json[] = [];
    for (const file of files) content.push(await this.version(file.path, file.content));
    const { rows } = await this.pool.query<{ number: number }>(
      `WITH made AS (
         INSERT INTO integration_release (number, reason, user_id, content, objects, create_date)
         SELECT coalesce(max(number), 0) + 1, 'For a test', 2, $1::jsonb, $2::jsonb, now() AT TIME ZONE 'UTC' FROM integration_release
         RETURNING number)
       SELECT made.number, pg_notify('integration_hub', '!release') FROM made`,
      [JSON.stringify(content), JSON.stringify(objects)],
    );
    return one(rows).number;
  }

  /** A version of a file of the pack, as a release names it. With `shadow` it runs beside what is active. */
  async version(path: string, content: Json, { shadow = false } = {}): Promise<JsonObject> {
    const { rows } = await this.pool.query<{ id: number; number: number }>(
      `WITH artifact AS (
         INSERT INTO integration_artifact (path, title, create_date) VALUES ($1, $1, now() AT TIME ZONE 'UTC')
         ON CONFLICT (path) DO UPDATE SET title = excluded.title RETURNING id)
       INSERT INTO integration_artifact_version (artifact_id, number, content, state, shadow, author_id, create_date)
       SELECT artifact.id, (SELECT count(*) + 1 FROM integration_artifact_version v WHERE v.artifact_id = artifact.id), $2::jsonb,
         CASE WHEN $3 THEN 'draft' ELSE 'retired' END, $3, 2, now() AT TIME ZONE 'UTC'
       FROM artifact RETURNING id, number`,
      [path, JSON.stringify(content), shadow],
    );
    const { id, number } = one(rows);
    return { path, version: number, version_id: id };
  }

  /** What people see of a version in shadow: its counts, a row for each path that differs. */
  async shadow(version: number): Promise<Record<string, unknown>[]> {
    const { rows } = await this.pool.query<Record<string, unknown>>(
      `SELECT s.code AS system, h.object, h.compared, h.differing, h.failing, d.path, d.count, d.examples
       FROM integration_shadow h JOIN integration_system s ON s.id = h.system_id
       LEFT JOIN integration_shadow_difference d ON d.shadow_id = h.id WHERE h.version_id = $1 ORDER BY h.id, d.path`,
      [version],
    );
    return rows;
  }

  async endShadow(version: number): Promise<void> {
    await this.pool.query("UPDATE integration_artifact_version SET shadow = false WHERE id = $1", [version]);
  }

  /** Asks as Odoo does; answers the question's number. */
  async ask(kind: string, request: JsonObject): Promise<number> {
    const { rows } = await this.pool.query<{ id: number }>("SELECT integration_hub_private.ask($1, $2::jsonb) AS id", [
      kind,
      JSON.stringify(request),
    ]);
    return one(rows).id;
  }

  /** The answer to a question; null while there is none. */
  async answerTo(question: number): Promise<JsonObject | null> {
    const { rows } = await this.pool.query<{ answer: JsonObject | null }>(
      "SELECT answer FROM integration_question WHERE id = $1",
      [question],
    );
    return one(rows).answer;
  }

  /** Makes the lease of whoever took a question run out. */
  async letQuestionTimePass(question: number): Promise<void> {
    await this.pool.query(
      "UPDATE integration_question SET lease_until = lease_until - interval '1 minute' WHERE id = $1",
      [question],
    );
  }

  /** The delivery's row, for what the contract does not answer. */
  async delivery(id: number): Promise<Record<string, unknown>> {
    const { rows } = await this.pool.query<Record<string, unknown>>(
      "SELECT * FROM integration_delivery WHERE id = $1",
      [id],
    );
    return one(rows);
  }

  async states(ids: number[]): Promise<string[]> {
    const { rows } = await this.pool.query<{ state: string }>(
      "SELECT d.state FROM unnest($1::int[]) WITH ORDINALITY AS wanted(id, position) JOIN integration_delivery d USING (id) ORDER BY position",
      [ids],
    );
    return rows.map((row) => row.state);
  }

  async attempts(id: number): Promise<Record<string, unknown>[]> {
    const { rows } = await this.pool.query<Record<string, unknown>>(
      "SELECT * FROM integration_attempt WHERE delivery_id = $1 ORDER BY id",
      [id],
    );
    return rows;
  }

  /** What people see of a system's rate limits. */
  async limits(system: string): Promise<Record<string, unknown>[]> {
    const { rows } = await this.pool.query<Record<string, unknown>>(
      "SELECT l.* FROM integration_system_limit l JOIN integration_system s ON s.id = l.system_id WHERE s.code = $1 ORDER BY l.bucket",
      [system],
    );
    return rows;
  }

  /** What people see of the lists in which a system's changes are looked for. */
  async polls(system: string): Promise<Record<string, unknown>[]> {
    const { rows } = await this.pool.query<Record<string, unknown>>(
      "SELECT p.* FROM integration_system_poll p JOIN integration_system s ON s.id = p.system_id WHERE s.code = $1 ORDER BY p.type",
      [system],
    );
    return rows;
  }

  /** The system's row, for what the contract does not answer. */
  async systemRow(code: string): Promise<Record<string, unknown>> {
    const { rows } = await this.pool.query<Record<string, unknown>>(
      "SELECT * FROM integration_system WHERE code = $1",
      [code],
    );
    return one(rows);
  }

  /** When systems stood still, the first interruption first; of all systems. */
  async interruptions(): Promise<{ code: string; kind: string; ended: boolean }[]> {
    const { rows } = await this.pool.query<{ code: string; kind: string; ended: boolean }>(
      `SELECT s.code, i.kind, i.ended_at IS NOT NULL AS ended
       FROM integration_interruption i JOIN integration_system s ON s.id = i.system_id ORDER BY i.id`,
    );
    return rows;
  }

  /** Does `work` while another transaction, as Odoo's own are, has these deliveries locked. */
  async whileLocked<T>(ids: number[], work: () => Promise<T>): Promise<T> {
    if (!(this.pool instanceof Pool)) throw new Error("Only a pool has another connection to hold the lock.");
    const client = await this.pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("SELECT id FROM integration_delivery WHERE id = ANY ($1) FOR UPDATE", [ids]);
      return await work();
    } finally {
      await client.query("ROLLBACK");
      client.release();
    }
  }

  /** Makes a system's leases and retries due, so that a test need not wait for them. */
  async letTimePass(system: string): Promise<void> {
    await this.pool.query(
      `UPDATE integration_delivery d SET lease_until = lease_until - interval '2 hours', next_attempt_at = next_attempt_at - interval '2 hours'
       FROM integration_system s WHERE s.id = d.system_id AND s.code = $1 AND (lease_until IS NOT NULL OR next_attempt_at IS NOT NULL)`,
      [system],
    );
  }
}

function one<T>(rows: T[]): T {
  const row = rows[0];
  if (row === undefined) throw new Error("The fixture's statement gave no row: is the system there?");
  return row;
}
