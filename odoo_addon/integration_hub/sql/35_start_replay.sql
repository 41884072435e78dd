-- Begins a replay job: sends again what matches `filter` (keys as for find_deliveries, at least one), at most `most` (NULL: all), oldest first.
-- `mode`: 'same' sends the payloads as they were recorded, 'read_again' reads the records as they are now (only Odoo can do that).
-- `force`: also what the target is believed to hold already. Nothing that is recorded after this moment takes part.
-- Answers the job's number. Raises HB400 for an empty or misspelt filter, or another mode.
CREATE OR REPLACE FUNCTION integration_hub.start_replay(filter jsonb, mode text, force boolean, requested_by text, most integer, user_id integer DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_last integer := coalesce((SELECT max(d.id) FROM public.integration_delivery d), 0);
  v_job integer;
BEGIN
  IF filter IS NULL OR filter = '{}' THEN
    RAISE EXCEPTION 'A replay without any condition would send everything again.'
      USING ERRCODE = 'HB400', HINT = 'Name at least one of system, states, error_kind, event_type, object, model, lane, since, until.';
  END IF;
  IF mode NOT IN ('same', 'read_again') THEN
    RAISE EXCEPTION 'Unknown mode of replay: %', mode USING ERRCODE = 'HB400', HINT = 'Known modes: same, read_again.';
  END IF;
  INSERT INTO public.integration_replay (filter, mode, force, most, requested_by, user_id, position, last_id, total, queued, skipped, state,
      started_at, create_uid, create_date, write_date)
  SELECT start_replay.filter, start_replay.mode, coalesce(start_replay.force, false), start_replay.most, start_replay.requested_by,
    start_replay.user_id, 0, v_last, count(*), 0, 0, 'running', v_now, start_replay.user_id, v_now, v_now
  FROM integration_hub_private.matching(start_replay.filter, 0, v_last, start_replay.most)
  RETURNING id INTO v_job;
  RETURN v_job;
END $$;
