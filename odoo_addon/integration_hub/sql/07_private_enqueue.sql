-- Stores captured events, in the user's transaction: events, payloads, deliveries, and one notification. Plain inserts only:
-- anything shared with the sidecar would make the user's transaction fail, because Odoo runs REPEATABLE READ.
-- `entries`: [{"rule_id", "event_type", "object", "priority", "coalesce", "operation", "model", "res_id", "res_name", "company_id",
-- "user_id", "changed", "forced", "payload", "system_ids", "created", "release"}]`; `codes`: of the systems with new work, comma-separated.
-- `release`: the one whose fields the payload holds; where an entry names none, the one in force (50_current_release.sql).
-- `created`: how many records the entries with "created" are about, which this transaction created; `present`: the lanes of those that are
-- there. Entries of the others are left out: a savepoint may have taken a record back, which Odoo's memory does not show.
-- Answers the ids of the events, in the order of the entries; NULL for one that was left out.
-- A transaction with one event, which is nearly every one, does not come here: Odoo resets a connection when it hands it out, so this function's
-- plans are made anew each time, and a statement that is quick to plan is cheaper (models/capture/enqueue.py). Measured for 200 events: one JSON
-- text instead of an array a column spares the parsing of 3,000 expressions; what is read from memory is in the entries' order, so nothing is
-- sorted; a loop with an insert for each row takes twice as long. The tables have no foreign keys (models/foundation/loose_reference.py).
CREATE OR REPLACE FUNCTION integration_hub_private.enqueue(entries json, origin integer, traceparent text, codes text,
    created integer DEFAULT 0, present text[] DEFAULT NULL)
RETURNS integer[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_ids integer[];
  v_gone text[];  -- NULL, which is nearly always: none
BEGIN
  IF created > cardinality(present) THEN
    v_gone := ARRAY(
      SELECT e.model || ',' || e.res_id FROM json_to_recordset(entries) AS e(model text, res_id integer, created boolean)
      WHERE e.created AND e.model || ',' || e.res_id NOT IN (SELECT unnest(present))
    );
  END IF;
  WITH src AS MATERIALIZED (
    SELECT s.*, nextval('public.integration_event_id_seq')::integer AS event_id, clock_timestamp() AT TIME ZONE 'UTC' AS at,
      v_gone IS NOT NULL AND s.created IS TRUE AND s.model || ',' || s.res_id = ANY (v_gone) AS gone
    FROM json_to_recordset(enqueue.entries) AS s(
        rule_id integer, event_type text, object text, priority integer, "coalesce" boolean, operation text, model text,
        res_id integer, res_name text, company_id integer, user_id integer, changed text, forced boolean, payload text,
        system_ids integer[], created boolean, release integer)
  ), events AS (
    INSERT INTO public.integration_event (id, event_type, object, operation, model, res_id, res_name, company_id, user_id,
        rule_id, changed_fields, origin_system_id, traceparent, txid, release, occurred_at, create_date)
    SELECT event_id, event_type, object, operation, model, res_id, res_name, company_id, user_id, rule_id,
        changed, enqueue.origin, enqueue.traceparent, pg_current_xact_id()::text,
        coalesce(release, (SELECT max(number) FROM public.integration_release), 0), at, at
    FROM src WHERE NOT gone
  ), payloads AS (
    INSERT INTO public.integration_event_payload (event_id, payload) SELECT event_id, payload FROM src WHERE NOT gone
  ), deliveries AS (
    INSERT INTO public.integration_delivery (event_id, system_id, lane, model, res_id, res_name, object, event_type, operation,
        company_id, state, priority, "coalesce", forced, verify, attempts, create_date)
    SELECT event_id, system_id, model || ',' || res_id, model, res_id, res_name, object, event_type, operation,
        company_id, 'pending', priority, "coalesce", forced, false, 0, at
    FROM src, unnest(system_ids) AS system_id
    WHERE NOT gone
  )
  SELECT array_agg(CASE WHEN NOT gone THEN event_id END) INTO v_ids FROM src;
  PERFORM pg_notify('integration_hub', codes);
  RETURN v_ids;
END $$;
