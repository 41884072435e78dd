-- Which database this is. The sidecar pins a connection to `database_uuid`, so that a copy of the database cannot be taken for the original.
CREATE OR REPLACE FUNCTION integration_hub.identity()
RETURNS TABLE (database_uuid text, database text, contract_version integer)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT (SELECT p.value FROM public.ir_config_parameter p WHERE p.key = 'database.uuid'),
         current_database()::text,
         integration_hub.contract_version()
$$;
