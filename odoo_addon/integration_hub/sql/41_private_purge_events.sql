-- Deletes events older than `before` with their deliveries, when all of them have ended before `before` too. Links stay: a record's identity in a
-- system does not age, and nothing of a link rests on its deliveries. Attempts stay as well, and outlive what they were about: they take over the
-- record and the event's name, which until then only the delivery says.
-- At most `max_rows` a call, oldest first, above the event `after`; answers as purge_payloads. What somebody is working on is passed over.
CREATE OR REPLACE FUNCTION integration_hub_private.purge_events(before timestamp, after integer, max_rows integer)
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
  v_ids integer[];
  v_events integer[];
  v_deliveries integer[];
BEGIN
  SELECT array_agg(w.id), count(*), max(w.id) INTO v_ids, v_looked_at, v_last FROM (
    SELECT e.id FROM public.integration_event e
    WHERE e.id > purge_events.after
      AND e.id < coalesce((SELECT y.id FROM public.integration_event y WHERE y.occurred_at >= before ORDER BY y.occurred_at LIMIT 1), 2147483647)
    ORDER BY e.id LIMIT purge_events.max_rows
  ) AS w;
  SELECT array_agg(going.id) INTO v_events FROM (
    SELECT e.id FROM public.integration_event e
    WHERE e.id = ANY (v_ids) AND e.occurred_at < before
      AND (SELECT d.id FROM public.integration_delivery d WHERE d.event_id = e.id
             AND (d.state NOT IN ('delivered', 'superseded', 'cancelled') OR d.done_at >= before) LIMIT 1) IS NULL
    FOR UPDATE OF e SKIP LOCKED
  ) AS going;
  -- Judged again under the lock: a person may have sent one of them again meanwhile.
  SELECT array_agg(owned.id) INTO v_deliveries FROM (
    SELECT d.id FROM public.integration_delivery d
    WHERE d.event_id = ANY (v_events) AND d.state IN ('delivered', 'superseded', 'cancelled')
    FOR UPDATE OF d SKIP LOCKED
  ) AS owned;
  SELECT array_agg(e) INTO v_events FROM unnest(v_events) AS e
  WHERE (SELECT d.id FROM public.integration_delivery d WHERE d.event_id = e AND d.id <> ALL (coalesce(v_deliveries, '{}')) LIMIT 1) IS NULL;

  UPDATE public.integration_attempt a
  SET delivery_id = NULL, model = d.model, res_id = d.res_id, res_name = d.res_name, event_type = d.event_type
  FROM public.integration_delivery d
  WHERE a.delivery_id = d.id AND d.event_id = ANY (v_events);
  UPDATE public.integration_delivery d SET superseded_by_id = NULL
  FROM public.integration_delivery gone
  WHERE d.superseded_by_id = gone.id AND gone.event_id = ANY (v_events) AND d.event_id <> ALL (v_events);
  DELETE FROM public.integration_delivery d WHERE d.event_id = ANY (v_events);
  DELETE FROM public.integration_event_payload p WHERE p.event_id = ANY (v_events);
  DELETE FROM public.integration_event e WHERE e.id = ANY (v_events);
  RETURN QUERY SELECT v_looked_at, coalesce(cardinality(v_events), 0), v_last;
END $$;
