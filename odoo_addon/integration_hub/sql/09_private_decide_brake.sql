-- A person's one decision about a mass change: approved, all that it held goes, and what follows of its kind within one more interval passes;
-- rejected, all that it held is cancelled. Every delivery keeps an attempt that says who decided, and why. Answers how many it was about;
-- 0 when it was decided before.
CREATE OR REPLACE FUNCTION integration_hub_private.decide_brake(brake integer, approve boolean, user_id integer, user_name text, reason text)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_system text;
  v_decided integer[];
  v_lanes text[];
BEGIN
  -- The meter first, as the claim takes it: a claim that is about to hold more for this brake has done so when we have it.
  PERFORM 1 FROM public.integration_brake_meter m WHERE m.brake_id = decide_brake.brake FOR UPDATE;
  UPDATE public.integration_brake b SET state = CASE WHEN approve THEN 'approved' ELSE 'rejected' END,
    decided_at = v_now, decided_by_id = decide_brake.user_id, reason = decide_brake.reason, write_uid = decide_brake.user_id, write_date = v_now
  FROM public.integration_system s
  WHERE b.id = decide_brake.brake AND b.state = 'waiting' AND s.id = b.system_id
  RETURNING s.code INTO v_system;
  IF v_system IS NULL THEN
    RETURN 0;
  END IF;
  UPDATE public.integration_brake_meter m
  SET brake_id = NULL, sent = CASE WHEN approve THEN '{}' ELSE m.sent END,
    open_until = CASE WHEN approve THEN v_now + make_interval(mins => (SELECT b.minutes FROM public.integration_brake b WHERE b.id = decide_brake.brake)) END
  WHERE m.brake_id = decide_brake.brake;

  WITH decided AS (
    UPDATE public.integration_delivery d SET
      state = CASE WHEN NOT approve THEN 'cancelled' WHEN d.direction = 'in' THEN 'received' WHEN d.verify THEN 'unknown' ELSE 'pending' END,
      metered = approve OR d.metered,
      next_attempt_at = CASE WHEN approve AND (d.verify OR d.direction = 'in') THEN v_now END,
      done_at = CASE WHEN NOT approve THEN v_now END,
      error_kind = NULL, error_code = NULL, cause = NULL, error_message = NULL, error_hint = NULL
    WHERE d.brake_id = decide_brake.brake AND d.state = 'held' AND d.error_code = 'mass_change'
    RETURNING d.id, d.system_id, d.event_id, d.company_id, d.lane
  ), noted AS (
    INSERT INTO public.integration_attempt (delivery_id, system_id, number, worker, user_id, reason, started_at, ended_at, duration_ms,
        outcome, traceparent, company_id, create_date)
    SELECT d.id, d.system_id, 0, decide_brake.user_name, decide_brake.user_id, decide_brake.reason, v_now, v_now, 0,
        CASE WHEN approve THEN 'person_released' ELSE 'cancelled' END, e.traceparent, d.company_id, v_now
    FROM decided d JOIN public.integration_event e ON e.id = d.event_id
  )
  SELECT array_agg(d.id), array_agg(DISTINCT d.lane::text) INTO v_decided, v_lanes FROM decided d;

  UPDATE public.integration_brake b SET decided_count = coalesce(cardinality(v_decided), 0) WHERE b.id = decide_brake.brake;
  IF NOT approve AND v_lanes IS NOT NULL THEN
    PERFORM integration_hub.unpark(v_system, v_lanes);
  END IF;
  PERFORM pg_notify('integration_hub', v_system || ',!inbound');
  RETURN coalesce(cardinality(v_decided), 0);
END $$;
