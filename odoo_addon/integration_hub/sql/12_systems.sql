-- The systems Odoo knows, with what an administrator or the sidecar said about them.
CREATE OR REPLACE FUNCTION integration_hub.systems()
RETURNS TABLE (code text, name text, connector text, state text, pause_kind text, pause_reason text, paused_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT s.code::text, s.name::text, s.connector::text, s.state::text, s.pause_kind::text, s.pause_reason::text,
         s.paused_until AT TIME ZONE 'UTC'
  FROM public.integration_system s
  WHERE s.active
  ORDER BY s.code
$$;
