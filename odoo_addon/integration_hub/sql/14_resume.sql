-- Lets a paused system go on, and tells the listening sidecars. A neutralised system (a copied database) and one of a restored database are only re-armed in Odoo.
CREATE OR REPLACE FUNCTION integration_hub.resume(system text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  UPDATE public.integration_system s
  SET state = 'active', pause_kind = NULL, pause_reason = NULL, paused_since = NULL, paused_until = NULL
  WHERE s.id = integration_hub_private.system_id(resume.system) AND coalesce(s.pause_kind, '') NOT IN ('neutralised', 'restored');
  IF FOUND THEN
    PERFORM pg_notify('integration_hub', resume.system);
  END IF;
END $$;
