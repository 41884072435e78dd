-- Why deliveries stand still and need a person, one row per (system, company, object, cause): what "Needs attention" shows.
-- `object` is set for the kinds whose owner depends on it (data, business, policy, unknown) and NULL for technical and credential, which concern a
-- whole system. A stopped system is a row of its own (cause 'pause:<pause_kind>'); a person's own decisions (a pause, a hold, a copied database) are none.
-- `last_id`: the newest of its deliveries, whose words stand for all; NULL for a stopped system.
-- One failure that names something else in each record (a field with a number in it) must not become a problem a record: from `most_causes` + 1 causes of one
-- code on, or while such a collection is open already, they are one cause, '<kind>:<code>:*'.
-- Index: (system_id, cause, company_id, object, id) WHERE held/dead, read without the table.
CREATE OR REPLACE FUNCTION integration_hub_private.open_causes(most_causes integer)
RETURNS TABLE (system_id integer, company_id integer, object text, cause text, last_id integer, waiting bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
  WITH counted AS (
    SELECT d.system_id, d.company_id, coalesce(d.cause, 'technical:unspecified')::text AS cause,
      CASE WHEN split_part(coalesce(d.cause, 'technical'), ':', 1) IN ('data', 'business', 'policy', 'unknown') THEN d.object END::text AS object,
      max(d.id) AS last_id, count(*) AS waiting
    FROM public.integration_delivery d
    WHERE d.state IN ('held', 'dead')
    GROUP BY 1, 2, 3, 4
  ), coded AS (
    SELECT c.*, concat_ws(':', split_part(c.cause, ':', 1), split_part(c.cause, ':', 2), '*') AS collection
    FROM counted c
    WHERE c.cause NOT IN ('policy:held_by_person', 'policy:neutralised', 'policy:conflict_waits')
  ), crowded AS (
    SELECT c.*, count(*) OVER same_code > open_causes.most_causes OR EXISTS (
        SELECT 1 FROM public.integration_problem p
        WHERE p.state = 'open' AND p.system_id = c.system_id AND p.cause = c.collection
          AND p.company_id IS NOT DISTINCT FROM c.company_id AND p.object IS NOT DISTINCT FROM c.object) AS is_crowded
    FROM coded c
    WINDOW same_code AS (PARTITION BY c.system_id, c.company_id, c.object, c.collection)
  )
  SELECT c.system_id, c.company_id, c.object, CASE WHEN c.is_crowded THEN c.collection ELSE c.cause END, max(c.last_id), sum(c.waiting)::bigint
  FROM crowded c
  GROUP BY 1, 2, 3, 4
  UNION ALL
  SELECT s.id, s.company_id, NULL, 'pause:' || s.pause_kind, NULL, NULL
  FROM public.integration_system s
  WHERE s.active AND s.state = 'paused' AND s.pause_kind NOT IN ('manual', 'neutralised')
$$;
