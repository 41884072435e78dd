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
  v_taken jsonb;
BEGIN
  UPDATE public.integration_link k SET active = false, synced_at = v_now
  FROM jsonb_to_recordset(entries) AS r(id integer, type text, removed boolean)
  JOIN public.integration_delivery d ON d.id = r.id
  WHERE r.removed AND k.system_id = d.system_id AND k.lane = d.lane AND k.external_type = r.type AND k.active;

  SELECT coalesce(jsonb_agg(jsonb_build_object('id', wanted.id, 'owner_lane', wanted.owner_lane)), '[]') INTO v_taken
  FROM (
    SELECT named.id, coalesce(
        (SELECT k.lane::text FROM public.integration_link k
         WHERE k.system_id = named.system_id AND k.external_type = named.type AND k.external_id = named.external_id AND k.active
           AND k.lane <> named.lane),
        -- the same external id twice in one settle: the lowest delivery keeps it
        nullif(named.first_lane, named.lane)) AS owner_lane
    FROM (
      SELECT r.id, r.type, r.external_id, d.system_id, d.lane::text AS lane,
        first_value(d.lane::text) OVER (PARTITION BY d.system_id, r.type, r.external_id ORDER BY d.id) AS first_lane
      FROM jsonb_to_recordset(entries) AS r(id integer, type text, external_id text, removed boolean)
      JOIN public.integration_delivery d ON d.id = r.id
      WHERE NOT coalesce(r.removed, false)
    ) AS named
  ) AS wanted
  WHERE wanted.owner_lane IS NOT NULL;

  INSERT INTO public.integration_link AS k (system_id, lane, model, res_id, res_name, object, external_type, external_id, external_url,
      fingerprint, synced_at, company_id, active, create_date, write_date)
  SELECT DISTINCT ON (d.system_id, d.lane, r.type)
      d.system_id, d.lane, d.model, d.res_id, d.res_name, d.object, r.type, r.external_id, r.url, r.fingerprint, v_now, d.company_id, true, v_now, v_now
  FROM jsonb_to_recordset(entries) AS r(id integer, type text, external_id text, url text, fingerprint text, removed boolean)
  JOIN public.integration_delivery d ON d.id = r.id
  WHERE NOT coalesce(r.removed, false)
    AND NOT EXISTS (SELECT 1 FROM jsonb_to_recordset(v_taken) AS t(id integer) WHERE t.id = r.id)
  ORDER BY d.system_id, d.lane, r.type, d.id DESC
  ON CONFLICT (system_id, lane, external_type) WHERE active DO UPDATE SET
      external_id = excluded.external_id, external_url = coalesce(excluded.external_url, k.external_url), res_name = excluded.res_name,
      fingerprint = excluded.fingerprint, synced_at = excluded.synced_at, write_date = excluded.write_date;

  RETURN QUERY SELECT t.id, t.owner_lane FROM jsonb_to_recordset(v_taken) AS t(id integer, owner_lane text);
END $$;
