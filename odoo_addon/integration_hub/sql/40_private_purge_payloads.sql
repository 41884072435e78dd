-- Deletes payloads, the bulk of the queue, of events older than `before` that need them no more: every delivery of theirs has ended. What was
-- superseded never goes again by itself, so an event whose deliveries all were is judged by `superseded_before` instead.
-- At most `max_rows` a call, oldest first, above the event `after`. Answers how many events were looked at, how many payloads went and the last
-- event looked at: the caller goes on from there until none was looked at. A payload that somebody is working on is passed over.
CREATE OR REPLACE FUNCTION integration_hub_private.purge_payloads(before timestamp, superseded_before timestamp, after integer, max_rows integer)
RETURNS TABLE (looked_at integer, deleted integer, last_id integer)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  v_looked_at integer;
  v_last integer;
  v_deleted integer;
  v_ids integer[];
BEGIN
  -- Payloads in the order of their events, by the unique index on event_id; the newest are never reached, because the walk ends at the first
  -- event that is too young for either term.
  SELECT array_agg(w.event_id), count(*), max(w.event_id) INTO v_ids, v_looked_at, v_last FROM (
    SELECT p.event_id FROM public.integration_event_payload p
    WHERE p.event_id > purge_payloads.after
      AND p.event_id < coalesce((SELECT e.id FROM public.integration_event e
                                 WHERE e.occurred_at >= greatest(before, superseded_before) ORDER BY e.occurred_at LIMIT 1), 2147483647)
    ORDER BY p.event_id LIMIT purge_payloads.max_rows
  ) AS w;
  WITH going AS (
    SELECT p.id FROM public.integration_event_payload p
    JOIN public.integration_event e ON e.id = p.event_id
    WHERE p.event_id = ANY (v_ids)
      AND (SELECT d.id FROM public.integration_delivery d WHERE d.event_id = e.id
             AND d.state NOT IN ('delivered', 'superseded', 'cancelled') LIMIT 1) IS NULL
      AND (e.occurred_at < before
           OR (e.occurred_at < superseded_before
               AND (SELECT d.id FROM public.integration_delivery d WHERE d.event_id = e.id AND d.state <> 'superseded' LIMIT 1) IS NULL))
    FOR UPDATE OF p SKIP LOCKED
  )
  DELETE FROM public.integration_event_payload p USING going g WHERE p.id = g.id;
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  RETURN QUERY SELECT v_looked_at, v_deleted, v_last;
END $$;
