-- Stores the links of a settle in the same transaction as its states: of each delivery the type, id, address and fingerprint of the external record, and
-- whether that is gone there. Six lists of one length, because a list of objects costs as much to build and to read as the links to store.
-- Answers one row per delivery whose link could not be stored because the external record already belongs to another Odoo record (`owner_lane`).
-- Unique indexes it relies on: (system_id, lane, external_type) and (system_id, external_type, external_id), both WHERE active.
CREATE OR REPLACE FUNCTION integration_hub_private.store_links(
    delivery_ids integer[], types text[], external_ids text[], urls text[], fingerprints text[], removed boolean[]) RETURNS TABLE (id integer, owner_lane text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
BEGIN
  -- First, so that a record's id is free for another one in the same call. Looked for before, because it is rare and the join is not free.
  IF true = ANY (store_links.removed) THEN
    UPDATE public.integration_link k SET active = false, synced_at = v_now
    FROM unnest(store_links.delivery_ids, store_links.types, store_links.removed) AS r(id, type, removed)
    JOIN public.integration_delivery d ON d.id = r.id
    WHERE r.removed AND k.system_id = d.system_id AND k.lane = d.lane AND k.external_type = r.type AND k.active;
  END IF;

  RETURN QUERY
  WITH named AS MATERIALIZED (
    SELECT r.id, r.type, r.external_id, r.url, r.fingerprint, d.system_id, d.lane::text AS lane, d.model, d.res_id, d.res_name, d.object, d.company_id
    FROM unnest(store_links.delivery_ids, store_links.types, store_links.external_ids, store_links.urls, store_links.fingerprints, store_links.removed)
      AS r(id, type, external_id, url, fingerprint, removed)
    CROSS JOIN LATERAL (SELECT x.* FROM public.integration_delivery x WHERE x.id = r.id LIMIT 1) AS d
    WHERE NOT coalesce(r.removed, false)
  ), judged AS MATERIALIZED (
    SELECT n.*, coalesce(
        (SELECT k.lane::text FROM public.integration_link k
         -- a range and its order, so that no plan made while the table was empty takes an index without the id
         WHERE k.system_id = n.system_id AND k.external_type = n.type AND k.external_id >= n.external_id AND k.external_id <= n.external_id
           AND k.active AND k.lane <> n.lane
         ORDER BY k.external_id LIMIT 1),
        -- the same external id twice in one settle: the lowest delivery keeps it
        nullif(first_value(n.lane) OVER (PARTITION BY n.system_id, n.type, n.external_id ORDER BY n.id), n.lane)) AS owner_lane
    FROM named n
  ), stored AS (
    INSERT INTO public.integration_link AS k (system_id, lane, model, res_id, res_name, object, external_type, external_id, external_url,
        fingerprint, synced_at, company_id, active, create_date, write_date)
    SELECT DISTINCT ON (j.system_id, j.lane, j.type)
        j.system_id, j.lane, j.model, j.res_id, j.res_name, j.object, j.type, j.external_id, j.url, j.fingerprint, v_now, j.company_id, true, v_now, v_now
    FROM judged j
    WHERE j.owner_lane IS NULL
    ORDER BY j.system_id, j.lane, j.type, j.id DESC
    ON CONFLICT (system_id, lane, external_type) WHERE active DO UPDATE SET
        external_id = excluded.external_id, external_url = coalesce(excluded.external_url, k.external_url), res_name = excluded.res_name,
        fingerprint = excluded.fingerprint, synced_at = excluded.synced_at, write_date = excluded.write_date
  )
  SELECT j.id, j.owner_lane FROM judged j WHERE j.owner_lane IS NOT NULL;
END $$;
