-- A person says of a delivery whose outcome nobody could look up: the target has it, as `external_id`. Stores the link and counts the delivery as
-- delivered; what waited behind it or for its link wakes. Only for what is held or dead after a try that may have taken effect (`verify`).
-- `external_type`: the connector's object type, which the held delivery names in `error_field`. `decided_by`, `user_id`, `reason` stay on the attempt.
-- Answers one row: `decided` is false when the delivery is not in such a state, or when the external record belongs to `owner_lane` already.
CREATE OR REPLACE FUNCTION integration_hub_private.decide_taken(delivery_id integer, external_type text, external_id text, external_url text,
    decided_by text, user_id integer, reason text)
RETURNS TABLE (decided boolean, owner_lane text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_system text;
  v_lane text;
  v_owner text;
BEGIN
  SELECT s.code, d.lane INTO v_system, v_lane
  FROM public.integration_delivery d JOIN public.integration_system s ON s.id = d.system_id
  WHERE d.id = decide_taken.delivery_id AND d.state IN ('held', 'dead') AND d.verify AND d.operation <> 'unlink'
  FOR UPDATE OF d;
  IF v_lane IS NULL OR coalesce(decide_taken.external_type, '') = '' OR coalesce(decide_taken.external_id, '') = '' THEN
    RETURN QUERY SELECT false, NULL::text;
    RETURN;
  END IF;

  SELECT t.owner_lane INTO v_owner FROM integration_hub_private.store_links(ARRAY[decide_taken.delivery_id], ARRAY[decide_taken.external_type],
    ARRAY[decide_taken.external_id], ARRAY[decide_taken.external_url], ARRAY[NULL::text], ARRAY[false]) AS t;
  IF v_owner IS NOT NULL THEN
    RETURN QUERY SELECT false, v_owner;
    RETURN;
  END IF;

  INSERT INTO public.integration_attempt (delivery_id, system_id, number, worker, user_id, reason, started_at, ended_at, duration_ms, outcome,
      traceparent, company_id, create_date)
  SELECT d.id, d.system_id, 0, decide_taken.decided_by, decide_taken.user_id, decide_taken.reason, v_now, v_now, 0, 'person_linked',
      e.traceparent, d.company_id, v_now
  FROM public.integration_delivery d JOIN public.integration_event e ON e.id = d.event_id WHERE d.id = decide_taken.delivery_id;

  UPDATE public.integration_delivery d SET
    state = 'delivered', verify = false, forced = false, done_at = v_now, next_attempt_at = NULL, lease_until = NULL, wait_for = NULL, cause = NULL,
    external_id = decide_taken.external_id, external_url = coalesce(decide_taken.external_url, d.external_url),
    error_kind = NULL, error_code = NULL, error_message = NULL, error_hint = NULL, error_field = NULL
  WHERE d.id = decide_taken.delivery_id;

  PERFORM integration_hub_private.wake_for_links(ARRAY[decide_taken.delivery_id]);
  PERFORM integration_hub.unpark(v_system, ARRAY[v_lane]);
  RETURN QUERY SELECT true, NULL::text;
END $$;
