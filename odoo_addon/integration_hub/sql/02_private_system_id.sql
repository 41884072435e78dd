-- The id of an active system by its code. Raises HB404 for a code Odoo does not know: the sidecar's configuration names a system
-- that was never published, or that an administrator archived.
CREATE OR REPLACE FUNCTION integration_hub_private.system_id(code text) RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  found_id integer;
BEGIN
  SELECT s.id INTO found_id FROM public.integration_system s WHERE s.code = system_id.code AND s.active;
  IF found_id IS NULL THEN
    RAISE EXCEPTION 'Odoo has no active integration system with the code "%"', code
      USING ERRCODE = 'HB404',
            HINT = 'Publish the catalogue (the sidecar does so at start), or unarchive the system in Odoo.';
  END IF;
  RETURN found_id;
END $$;
