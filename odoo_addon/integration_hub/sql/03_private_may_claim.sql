-- Whether claims of a system are allowed at `at_time`. A pause whose term has passed ends here, so that no timer is needed to end it.
CREATE OR REPLACE FUNCTION integration_hub_private.may_claim(system_id integer, at_time timestamp) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_state text;
  v_until timestamp;
BEGIN
  SELECT s.state, s.paused_until INTO v_state, v_until FROM public.integration_system s WHERE s.id = may_claim.system_id;
  IF v_state IS DISTINCT FROM 'paused' THEN
    RETURN true;
  END IF;
  IF v_until IS NULL OR v_until > at_time THEN
    RETURN false;
  END IF;
  UPDATE public.integration_system s
  SET state = 'active', pause_kind = NULL, pause_reason = NULL, paused_since = NULL, paused_until = NULL
  WHERE s.id = may_claim.system_id AND s.paused_until <= at_time;
  RETURN true;
END $$;
