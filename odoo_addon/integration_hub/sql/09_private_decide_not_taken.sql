-- A person says of deliveries whose outcome nobody could look up: the target does not have them. They are sent like new ones, with the tries counted
-- afresh. Only for what is held or dead after a try that may have taken effect (`verify`). Answers the ids that were queued.
-- `decided_by`, `user_id`, `reason` stay on the attempt.
CREATE OR REPLACE FUNCTION integration_hub_private.decide_not_taken(delivery_ids integer[], decided_by text, user_id integer, reason text)
RETURNS SETOF integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_queued integer[];
  v_systems text[];
BEGIN
  WITH chosen AS MATERIALIZED (
    SELECT d.id FROM public.integration_delivery d
    WHERE d.id = ANY (decide_not_taken.delivery_ids) AND d.state IN ('held', 'dead') AND d.verify
    ORDER BY d.id FOR UPDATE
  ), queued AS (
    UPDATE public.integration_delivery d SET
      state = 'pending', verify = false, attempts = 0, next_attempt_at = NULL, wait_for = NULL, cause = NULL,
      error_kind = NULL, error_code = NULL, error_message = NULL, error_hint = NULL, error_field = NULL
    FROM chosen c WHERE d.id = c.id
    RETURNING d.id, d.system_id, d.event_id, d.company_id
  ), noted AS (
    INSERT INTO public.integration_attempt (delivery_id, system_id, number, worker, user_id, reason, started_at, ended_at, duration_ms, outcome,
        traceparent, company_id, create_date)
    SELECT q.id, q.system_id, 0, decide_not_taken.decided_by, decide_not_taken.user_id, decide_not_taken.reason, v_now, v_now, 0, 'person_sent',
        e.traceparent, q.company_id, v_now
    FROM queued q JOIN public.integration_event e ON e.id = q.event_id
  )
  SELECT array_agg(q.id ORDER BY q.id), array_agg(DISTINCT s.code::text) INTO v_queued, v_systems
  FROM queued q JOIN public.integration_system s ON s.id = q.system_id;
  IF v_queued IS NOT NULL THEN
    PERFORM pg_notify('integration_hub', array_to_string(v_systems, ','));
  END IF;
  RETURN QUERY SELECT unnest(v_queued);
END $$;
