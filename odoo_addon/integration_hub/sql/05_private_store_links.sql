-- Stores the links of a settle in the same transaction as its states. `entries`: [{"id": delivery, "type", "external_id", "url", "fingerprint", "removed"}].
-- Answers one row per delivery whose link could not be stored because the external record already belongs to another Odoo record (`owner_lane`).
-- Unique indexes it relies on: (system_id, lane, external_type) and (system_id, external_type, external_id), both WHERE active.
CREATE OR REPLACE FUNCTION integration_hub_private.store_links(entries jsonb) RETURNS TABLE (id integer, owner_lane text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
BEGIN
  -- First, so that a record's id is free for another one in the same call. Looked for before, because it is rare and the join is not free.
  IF entries @? '$[*].removed ? (@ == true)' THEN
    UPDATE public.integration_link k SET active = false, synced_at = v_now
    FROM jsonb_to_recordset(entries) AS r(id integer, type text, removed boolean)
    JOIN public.integration_delivery d ON d.id = r.id
    WHERE r.removed AND k.system_id = d.system_id AND k.lane = d.lane AND k.external_type = r.type AND k.active;
  END IF;

  RETURN QUERY
  WITH named AS MATERIALIZED (
    SELECT r.id, r.type, r.external_id, r.url, r.fingerprint, d.system_id, d.lane::text AS lane, d.model, d.res_id, d.res_name, d.object, d.company_id
    FROM jsonb_to_recordset(entries) AS r(id integer, type text, external_id text, url text, fingerprint text, removed boolean)
    JOIN public.integration_delivery d ON d.id = r.id
    WHERE NOT coalesce(r.removed, false)
  ), judged AS MATERIALIZED (
    SELECT n.*, coalesce(
        (SELECT k.lane::text FROM public.integration_link k
         WHERE k.system_id = n.system_id AND k.external_type = n.type AND k.external_id = n.external_id AND k.active
           AND k.lane <> n.lane),
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
