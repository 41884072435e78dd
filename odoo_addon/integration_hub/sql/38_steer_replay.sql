-- Pauses, resumes or cancels a replay job; `action`: 'pause', 'resume', 'cancel'. What it has queued already goes out in any case.
-- Answers the job's state afterwards; an action that does not apply to it changes nothing. Raises HB404 for an unknown job, HB400 for another action.
CREATE OR REPLACE FUNCTION integration_hub.steer_replay(job integer, action text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_state text;
BEGIN
  IF action NOT IN ('pause', 'resume', 'cancel') THEN
    RAISE EXCEPTION 'Unknown action: %', action USING ERRCODE = 'HB400', HINT = 'Known actions: pause, resume, cancel.';
  END IF;
  UPDATE public.integration_replay r SET
    state = CASE WHEN action = 'pause' AND r.state = 'running' THEN 'paused'
                 WHEN action = 'resume' AND r.state = 'paused' THEN 'running'
                 WHEN action = 'cancel' AND r.state IN ('running', 'paused') THEN 'cancelled' ELSE r.state END,
    ended_at = CASE WHEN action = 'cancel' AND r.state IN ('running', 'paused') THEN integration_hub_private.utc_now() ELSE r.ended_at END
  WHERE r.id = steer_replay.job
  RETURNING r.state INTO v_state;
  IF v_state IS NULL THEN
    RAISE EXCEPTION 'There is no replay job %', job USING ERRCODE = 'HB404', HINT = 'hub replay status lists them.';
  END IF;
  RETURN v_state;
END $$;
