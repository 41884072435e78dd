-- Queues the same payloads again, and keeps in the attempts who asked. Not for what is in flight, what the mass-change brake holds (one decision
-- is about the whole of it), nor what has no payload any more (retention). `force` also sends what the target is believed to hold already;
-- What stood still (held, dead) and is not to go again exactly as it was (`force`) goes under the release in force now: a correction has taken place.
-- What came from the other system (direction `in`) becomes `received`: it is read there again and applied as it is now.
-- `priority` (NULL: as it was) makes it backfill. Answers the ids that were queued.
CREATE OR REPLACE FUNCTION integration_hub_private.requeue(ids integer[], requested_by text, user_id integer, force boolean, priority integer)
RETURNS integer[]
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
    WHERE d.id = ANY (requeue.ids) AND d.state NOT IN ('processing', 'pending', 'received') AND d.error_code IS DISTINCT FROM 'mass_change'
      AND (d.operation = 'unlink' OR d.direction = 'in' OR EXISTS (SELECT 1 FROM public.integration_event_payload p WHERE p.event_id = d.event_id))
    ORDER BY d.id FOR UPDATE
  ), queued AS (
    UPDATE public.integration_delivery d SET
      state = CASE WHEN d.direction = 'in' THEN 'received' WHEN d.verify THEN 'unknown' ELSE 'pending' END,
      next_attempt_at = CASE WHEN d.direction = 'in' OR d.verify THEN v_now END,
      priority = greatest(d.priority, coalesce(requeue.priority, d.priority)),
      release = CASE WHEN d.state IN ('held', 'dead') AND NOT requeue.force THEN integration_hub_private.release_now() ELSE d.release END,
      forced = d.forced OR requeue.force, attempts = 0, wait_for = NULL, cause = NULL, done_at = NULL, superseded_by_id = NULL,
      error_kind = NULL, error_code = NULL, error_message = NULL, error_hint = NULL, error_field = NULL
    FROM chosen c WHERE d.id = c.id
    RETURNING d.id, d.system_id, d.event_id, d.company_id
  ), noted AS (
    INSERT INTO public.integration_attempt (delivery_id, system_id, number, worker, user_id, started_at, ended_at, duration_ms, outcome,
        traceparent, company_id, create_date)
    SELECT q.id, q.system_id, 0, requeue.requested_by, requeue.user_id, v_now, v_now, 0,
        CASE WHEN requeue.force THEN 'sent_again' ELSE 'retried' END, e.traceparent, q.company_id, v_now
    FROM queued q JOIN public.integration_event e ON e.id = q.event_id
  )
  SELECT array_agg(q.id ORDER BY q.id), array_agg(DISTINCT s.code::text) INTO v_queued, v_systems
  FROM queued q JOIN public.integration_system s ON s.id = q.system_id;
  IF v_queued IS NOT NULL THEN
    PERFORM pg_notify('integration_hub', array_to_string(v_systems || '!inbound'::text, ','));
  END IF;
  RETURN coalesce(v_queued, '{}');
END $$;
