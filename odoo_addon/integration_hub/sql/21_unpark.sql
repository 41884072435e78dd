-- Wakes what waits in these lanes, where nothing in front of it stops it any more. Called after a claim or a settle has committed.
-- Of a lane the first one wakes, because the claim looks at what sleeps behind it as well; and the most urgent one (of the first 100), by whose
-- priority the lane gets its turn. Waking all of them, to be parked again by the next claim, was two updates more for each event of a crowded lane.
-- A lane whose head is held wakes only when the next in line may take its place: anything else would park and wake for ever.
-- Answers how many deliveries woke, and notifies the listening sidecars when there are any.
CREATE OR REPLACE FUNCTION integration_hub.unpark(system text, lanes text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  v_system integer := integration_hub_private.system_id(unpark.system);
  v_woken integer;
BEGIN
  WITH heads AS MATERIALIZED (
    SELECT DISTINCT ON (l.lane) l.lane, head.*
    FROM unnest(unpark.lanes) AS l(lane)
    CROSS JOIN LATERAL (
      SELECT d.id, d.state, d.error_kind, d.coalesce, d.object, d.wait_for FROM public.integration_delivery d
      WHERE d.system_id = v_system AND d.lane = l.lane
        AND d.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')
      ORDER BY d.id LIMIT 1
    ) AS head
  ), open_lanes AS (
    SELECT h.lane FROM heads h
    LEFT JOIN LATERAL (
      SELECT d.state, d.coalesce, d.object, d.operation, d.wait_for FROM public.integration_delivery d
      WHERE (h.state IN ('held', 'dead') OR h.wait_for IS NOT NULL) -- or it is not asked for below
        AND d.system_id = v_system AND d.lane = h.lane AND d.id > h.id
        AND d.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')
      ORDER BY d.id LIMIT 1
    ) AS next ON true
    WHERE (h.state = 'waiting' AND h.wait_for IS NULL)
       OR ((h.state = 'dead' OR (h.state = 'held' AND h.error_kind IN ('data', 'business')) OR (h.state = 'waiting' AND h.wait_for IS NOT NULL))
           AND h.coalesce AND next.state = 'waiting' AND next.wait_for IS NULL
           AND (next.operation = 'unlink' OR (next.coalesce AND next.object = h.object)))
  ), sleeping AS (
    SELECT w.id FROM open_lanes o
    CROSS JOIN LATERAL (
      SELECT n.id, n.id = min(n.id) OVER () OR n.id = first_value(n.id) OVER (ORDER BY n.priority, n.id) AS wakes
      FROM (
        SELECT d.id, d.priority FROM public.integration_delivery d
        WHERE d.system_id = v_system AND d.lane = o.lane AND d.state = 'waiting' AND d.wait_for IS NULL
        ORDER BY d.id LIMIT 100
      ) AS n
    ) AS w
    WHERE w.wakes
  ), awake AS MATERIALIZED (
    SELECT d.id FROM public.integration_delivery d WHERE d.id IN (SELECT s.id FROM sleeping s) AND d.state = 'waiting'
    FOR UPDATE SKIP LOCKED
  )
  UPDATE public.integration_delivery d SET state = 'pending' FROM awake a WHERE d.id = a.id AND d.state = 'waiting';
  GET DIAGNOSTICS v_woken = ROW_COUNT;
  IF v_woken > 0 THEN
    PERFORM pg_notify('integration_hub', unpark.system);
  END IF;
  RETURN v_woken;
END $$;
