-- The number of the release in force; 0: the shipped pack alone.
CREATE OR REPLACE FUNCTION integration_hub_private.release_now() RETURNS integer
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(max(r.number), 0) FROM public.integration_release r $$;
