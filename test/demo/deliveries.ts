import type { Pool } from "pg";
import type { DeliveryState } from "../../sidecar/domain/delivery";

/** One line of the demo's table. */
export interface Row {
  id: number;
  /** The record's reference, `res.partner,42`. */
  lane: string;
  record: string;
  event: string;
  target: string;
  state: DeliveryState;
  externalId: string | null;
  url: string | null;
  error: string | null;
  traceparent: string;
  /** When Odoo recorded it in the user's transaction, in milliseconds since 1970. */
  recordedAt: number;
}

/** Deliveries made after `sinceId`, read from the database because Odoo's own API rounds times to seconds. */
export async function readDeliveries(pool: Pool, sinceId: number): Promise<Row[]> {
  const { rows } = await pool.query<Row>(
    `SELECT d.id, d.lane, d.res_name AS record, d.event_type AS event, s.code AS target, d.state, d.external_id AS "externalId", d.external_url AS url,
       d.error_message AS error, e.traceparent, extract(epoch FROM e.occurred_at)::double precision * 1000 AS "recordedAt"
     FROM integration_delivery d JOIN integration_event e ON e.id = d.event_id JOIN integration_system s ON s.id = d.system_id
     WHERE d.id > $1 ORDER BY d.id`,
    [sinceId],
  );
  return rows;
}

export async function lastDelivery(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ id: number }>("SELECT coalesce(max(id), 0) AS id FROM integration_delivery");
  return rows[0]?.id ?? 0;
}

/** Nothing more will happen to it by itself. */
export function isOver(row: Row): boolean {
  return ["delivered", "superseded", "cancelled", "held", "dead"].includes(row.state);
}

/** It reached its target, or a later state of the same record did. */
export function arrived(row: Row): boolean {
  return row.state === "delivered" || row.state === "superseded";
}
