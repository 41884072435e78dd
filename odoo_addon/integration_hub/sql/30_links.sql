-- The active links of these records in one system.
CREATE OR REPLACE FUNCTION integration_hub.links(system text, lanes text[])
RETURNS TABLE (lane text, type text, external_id text, url text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_system integer := integration_hub_private.system_id(links.system);
BEGIN
  RETURN QUERY
  SELECT k.lane::text, k.external_type::text, k.external_id::text, k.external_url::text
  FROM public.integration_link k
  WHERE k.system_id = v_system AND k.lane = ANY (links.lanes) AND k.active;
END $$;
