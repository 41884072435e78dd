-- Figures for metrics, readiness and the systems' screen:
-- {"now", "systems": [{"code", "state", "pause_kind", "pause_reason", "paused_until", "counts": {state: n}, "oldest_open_at", "last_delivered_at"}]}
-- `counts` holds open states only; they come from the partial index on open deliveries, so their cost follows the backlog, not the history.
-- `last_delivered_at` is read backwards from the newest attempt: an index on the links' times would cost every delivery.
CREATE OR REPLACE FUNCTION integration_hub.health() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH open AS (
    SELECT d.system_id, d.state, count(*) AS n, min(d.event_id) AS oldest_event_id
    FROM public.integration_delivery d
    WHERE d.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')
    GROUP BY d.system_id, d.state
  )
  SELECT jsonb_build_object(
    'now', to_jsonb(clock_timestamp()),
    'systems', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'code', s.code, 'state', s.state, 'pause_kind', s.pause_kind, 'pause_reason', s.pause_reason,
        'paused_until', s.paused_until AT TIME ZONE 'UTC',
        'counts', coalesce((SELECT jsonb_object_agg(o.state, o.n) FROM open o WHERE o.system_id = s.id), '{}'),
        'oldest_open_at', (SELECT min(e.occurred_at) AT TIME ZONE 'UTC' FROM open o JOIN public.integration_event e ON e.id = o.oldest_event_id WHERE o.system_id = s.id),
        'last_delivered_at', (SELECT a.ended_at AT TIME ZONE 'UTC' FROM public.integration_attempt a
          WHERE a.system_id = s.id AND a.outcome = 'delivered' ORDER BY a.started_at DESC LIMIT 1)
      ) ORDER BY s.code)
      FROM public.integration_system s WHERE s.active), '[]'))
$$;
