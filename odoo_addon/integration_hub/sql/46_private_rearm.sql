-- Closes a restore report and lets every system go on that it had stopped: the mark is put where the hub expects it.
CREATE OR REPLACE FUNCTION integration_hub_private.rearm(restore integer, user_id integer) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
BEGIN
  INSERT INTO public.integration_mark AS m (hub, counter, seen_at)
  SELECT r.hub, r.expected, v_now FROM public.integration_restore r WHERE r.id = rearm.restore AND r.state = 'open'
  ON CONFLICT (hub) DO UPDATE SET counter = greatest(m.counter, excluded.counter);
  UPDATE public.integration_restore r SET state = 'closed', rearmed_at = v_now, rearmed_by_id = rearm.user_id
  WHERE r.id = rearm.restore AND r.state = 'open';
  IF (SELECT r.id FROM public.integration_restore r WHERE r.state = 'open' LIMIT 1) IS NULL THEN
    UPDATE public.integration_system s SET state = 'active', pause_kind = NULL, pause_reason = NULL, paused_since = NULL, paused_until = NULL
    WHERE s.pause_kind = 'restored';
  END IF;
  PERFORM pg_notify('integration_hub', coalesce((SELECT string_agg(s.code, ',') FROM public.integration_system s WHERE s.active), ''));
END $$;
