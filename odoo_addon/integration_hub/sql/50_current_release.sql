-- The number of the release in force; 0: the shipped pack alone. A new one is also told by a notification with the payload '!release'.
CREATE OR REPLACE FUNCTION integration_hub.current_release() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$ SELECT integration_hub_private.release_now() $$;
