import type { Knex } from "knex";
import type { RecordClient } from "../odoo/record-client";
import { SCHEMA, storeFault } from "../store/database";
import { tellRefused } from "./odoo-inbound";

/** Hours that one call tells of; what is left is told by the next. */
const MOST = 200;
/** What a call to no system of ours is called in Odoo: the name in its address is the sender's text. */
const NO_SYSTEM = "?";

interface Row {
  system: string;
  reason: string;
  hour: Date;
  count: number;
  sender: string;
  last_at: Date;
}

/** Tells Odoo's administrators what was refused at the door since they were last told (SEC-11). */
export async function tellRefusals(store: Knex, records: RecordClient): Promise<void> {
  const rows = await untold(store);
  if (rows.length === 0) return;
  const events = rows.map(({ system, hour, last_at: lastAt, ...row }) => ({
    ...row,
    system: system === "" ? NO_SYSTEM : system,
    hour: hour.toISOString(),
    last_at: lastAt.toISOString(),
  }));
  await tellRefused(records, events);
  await store.raw(
    `UPDATE ${SCHEMA}.security_event e SET told = t.count
     FROM jsonb_to_recordset(?::jsonb) AS t(system text, reason text, hour timestamptz, count integer)
     WHERE e.system = t.system AND e.reason = t.reason AND e.hour = t.hour`,
    [JSON.stringify(rows)],
  );
}

async function untold(store: Knex): Promise<Row[]> {
  try {
    const { rows } = await store.raw<{ rows: Row[] }>(
      `SELECT system, reason, hour, count, sender, last_at FROM ${SCHEMA}.security_event
       WHERE count > told ORDER BY hour LIMIT ?`,
      [MOST],
    );
    return rows;
  } catch (thrown) {
    throw storeFault(thrown);
  }
}
