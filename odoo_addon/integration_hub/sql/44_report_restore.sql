-- Says that this database was restored from a backup: stops every system until somebody re-arms it in Odoo, and adds to the open report what the
-- sidecar noted beside Odoo and this database does not know. `links`: [{"system", "lane", "type", "external_id", "url", "object", "fingerprint",
-- "delivery_id", "event_id", "removed", "settled_at"}]. Repeating it changes nothing.
--
-- A line's outcome: 'relink': the record is here and was before the link was made; 'gone': it is not, or its number belongs to a newer record;
-- 'newer': the link is known, but the system got a later state than this database has; 'removed': the link is here, its remote record is gone.
--
-- Numbers that were given out after the backup are not given out again: an identity in another system is the record's number, so a new record
-- with an old number would take over what belongs to another; the same for events, from whose numbers idempotency keys are made.
CREATE OR REPLACE FUNCTION integration_hub.report_restore(hub text, expected integer, links jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_restore integer;
  v_model record;
  v_sequence text;
BEGIN
  PERFORM pg_advisory_xact_lock(7305002);
  SELECT r.id INTO v_restore FROM public.integration_restore r WHERE r.state = 'open' AND r.hub = report_restore.hub;
  IF v_restore IS NULL THEN
    INSERT INTO public.integration_restore (hub, expected, state, found_at, restored_to, create_date, write_date)
    SELECT report_restore.hub, report_restore.expected, 'open', v_now, (SELECT max(a.create_date) FROM (
        SELECT a.create_date FROM public.integration_attempt a ORDER BY a.id DESC LIMIT 1) AS a), v_now, v_now
    RETURNING id INTO v_restore;
  END IF;
  UPDATE public.integration_system s SET state = 'paused', pause_kind = 'restored', paused_until = NULL,
    paused_since = CASE WHEN s.pause_kind = 'restored' THEN s.paused_since ELSE v_now END,
    pause_reason = 'This database was restored from a backup: look at Operations, Restores before anything is sent.'
  WHERE s.active AND s.pause_kind IS DISTINCT FROM 'neutralised';

  INSERT INTO public.integration_restore_line AS l (restore_id, system_id, lane, model, res_id, object, external_type, external_id, external_url,
      settled_at, delivery_number, outcome, state)
  SELECT v_restore, s.id, n.lane, split_part(n.lane, ',', 1), split_part(n.lane, ',', 2)::integer, n.object, n.type, n.external_id, n.url,
    n.settled_at AT TIME ZONE 'UTC', n.delivery_id,
    CASE WHEN n.removed THEN 'removed' WHEN k.id IS NULL THEN 'gone' ELSE 'newer' END, 'open'
  FROM jsonb_to_recordset(links) AS n(system text, lane text, type text, external_id text, url text, object text, delivery_id integer,
    removed boolean, settled_at timestamptz)
  JOIN public.integration_system s ON s.code = n.system
  LEFT JOIN LATERAL (
    SELECT k.id, k.active FROM public.integration_link k
    WHERE k.system_id = s.id AND k.lane = n.lane AND k.external_type = n.type AND k.external_id = n.external_id
    ORDER BY k.active DESC, k.id DESC LIMIT 1) AS k ON true
  WHERE CASE WHEN n.removed THEN k.active ELSE k.id IS NULL OR (
    SELECT d.id FROM public.integration_delivery d WHERE d.id = n.delivery_id AND d.lane = n.lane AND d.state = 'delivered') IS NULL END
  ON CONFLICT (restore_id, system_id, lane, external_type) DO NOTHING;

  FOR v_model IN
    SELECT l.model, max(l.res_id) AS top, to_regclass('public.' || quote_ident(replace(l.model, '.', '_'))) AS found
    FROM public.integration_restore_line l WHERE l.restore_id = v_restore GROUP BY l.model
  LOOP
    CONTINUE WHEN v_model.found IS NULL;
    EXECUTE format(
      'UPDATE public.integration_restore_line l SET outcome = ''relink'' FROM %s t
       WHERE l.restore_id = $1 AND l.model = $2 AND l.outcome = ''gone'' AND t.id = l.res_id AND t.create_date <= l.settled_at', v_model.found)
    USING v_restore, v_model.model;
    v_sequence := pg_get_serial_sequence(v_model.found::text, 'id');
    IF v_sequence IS NOT NULL THEN
      EXECUTE format('SELECT setval(%L, greatest((SELECT last_value FROM %s), $1))', v_sequence, v_sequence) USING v_model.top::bigint;
    END IF;
  END LOOP;
  PERFORM setval('public.integration_event_id_seq', greatest((SELECT last_value FROM public.integration_event_id_seq),
    coalesce((SELECT max(n.event_id) FROM jsonb_to_recordset(links) AS n(event_id bigint)), 1)));
  PERFORM setval('public.integration_delivery_id_seq', greatest((SELECT last_value FROM public.integration_delivery_id_seq),
    coalesce((SELECT max(n.delivery_id) FROM jsonb_to_recordset(links) AS n(delivery_id bigint)), 1)));

  -- What this database believes unsent may have gone: it is looked up before it is sent.
  UPDATE public.integration_delivery d SET verify = true
  FROM public.integration_restore_line l
  WHERE l.restore_id = v_restore AND d.system_id = l.system_id AND d.lane = l.lane AND d.verify IS NOT TRUE
    AND d.state IN ('pending', 'waiting', 'processing', 'retry', 'held', 'dead');
END $$;
