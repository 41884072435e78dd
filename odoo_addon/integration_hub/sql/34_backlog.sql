-- What has still to be delivered by itself, for the capacity forecast: (system, object, change, priority, records).
-- `change`: delete; update where the record has a link already; else create. `records` counts what will be sent: several full states of one
-- record go as one. What a person has to decide about first (held, dead) is not counted.
-- Its cost follows the backlog: about 2 s for a million deliveries.
CREATE OR REPLACE FUNCTION integration_hub.backlog()
RETURNS TABLE (system text, object text, change text, priority integer, records bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
  SELECT s.code::text, w.object, w.change, w.priority,
    count(DISTINCT w.lane) FILTER (WHERE w.coalesce) + count(*) FILTER (WHERE NOT w.coalesce)
  FROM (
    SELECT d.system_id, d.object::text, d.lane, d.coalesce, d.priority,
      CASE WHEN d.operation = 'unlink' THEN 'delete' WHEN k.lane IS NOT NULL THEN 'update' ELSE 'create' END AS change
    FROM public.integration_delivery d
    LEFT JOIN (SELECT DISTINCT l.system_id, l.lane FROM public.integration_link l WHERE l.active) k
      ON k.system_id = d.system_id AND k.lane = d.lane
    WHERE d.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown') AND d.direction = 'out'
  ) AS w
  JOIN public.integration_system s ON s.id = w.system_id
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4
$$;
