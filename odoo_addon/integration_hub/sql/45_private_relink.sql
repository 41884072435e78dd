-- Stores the identities that the systems gave since the backup, so that nothing is made there a second time, and forgets those whose remote record
-- was deleted since. Where a system got a later state than this database has, the next change is sent whatever was sent last.
-- Answers how many lines of the report it settled.
CREATE OR REPLACE FUNCTION integration_hub_private.relink(restore integer, user_id integer) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_done integer;
BEGIN
  UPDATE public.integration_link k SET active = (l.outcome = 'newer'), fingerprint = NULL, write_date = v_now
  FROM public.integration_restore_line l
  WHERE l.restore_id = relink.restore AND l.state = 'open' AND l.outcome IN ('removed', 'newer')
    AND k.system_id = l.system_id AND k.lane = l.lane AND k.external_type = l.external_type AND k.active;
  INSERT INTO public.integration_link (system_id, lane, model, res_id, object, external_type, external_id, external_url, synced_at, active,
      create_uid, create_date, write_date)
  SELECT l.system_id, l.lane, l.model, l.res_id, l.object, l.external_type, l.external_id, l.external_url, l.settled_at, true,
    relink.user_id, v_now, v_now
  FROM public.integration_restore_line l
  WHERE l.restore_id = relink.restore AND l.state = 'open' AND l.outcome = 'relink'
  ON CONFLICT DO NOTHING;
  UPDATE public.integration_restore_line l SET state = 'done'
  WHERE l.restore_id = relink.restore AND l.state = 'open' AND l.outcome IN ('relink', 'removed', 'newer');
  GET DIAGNOSTICS v_done = ROW_COUNT;
  RETURN v_done;
END $$;
