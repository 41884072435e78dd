-- Of these deliveries, those after which a later full state of the same record reached the system or is on its way: sending them again would
-- put an older state in its place. What came in is read anew, once for each record of theirs: that is what its last row is for. Index: (model, res_id).
CREATE OR REPLACE FUNCTION integration_hub_private.outdated(ids integer[]) RETURNS SETOF integer
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT d.id FROM public.integration_delivery d
  WHERE d.id = ANY (ids) AND d.direction = 'out' AND d.coalesce AND (
    SELECT later.id FROM public.integration_delivery later
    WHERE later.model = d.model AND later.res_id = d.res_id AND later.system_id = d.system_id AND later.direction = d.direction AND later.id > d.id
      AND later.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'delivered')
      AND (later.operation = 'unlink' OR (later.coalesce AND later.object = d.object))
    ORDER BY later.id LIMIT 1) IS NOT NULL
  UNION ALL
  SELECT d.id FROM public.integration_delivery d
  WHERE d.id = ANY (ids) AND d.direction = 'in' AND d.res_id > 0 AND (
    SELECT later.id FROM public.integration_delivery later
    WHERE later.model = d.model AND later.res_id = d.res_id AND later.system_id = d.system_id AND later.direction = d.direction AND later.id > d.id
      AND later.lane = d.lane AND later.state <> 'cancelled'
    ORDER BY later.id LIMIT 1) IS NOT NULL
$$;
