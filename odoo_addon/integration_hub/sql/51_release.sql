-- What a release lays over the shipped pack: one row per file, with the path it has in the pack and the whole content that takes its place. No rows for
-- release 0, and for one whose versions are all the shipped ones. Raises HB410 for a number that was never given out.
CREATE OR REPLACE FUNCTION integration_hub.release(number integer) RETURNS TABLE (path text, version integer, content jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_content jsonb;
BEGIN
  IF release.number = 0 THEN
    RETURN;
  END IF;
  SELECT coalesce(r.content, '[]') INTO v_content FROM public.integration_release r WHERE r.number = release.number;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Odoo has no release %', release.number
      USING ERRCODE = 'HB410', HINT = 'The database may have been restored from a backup. Read the record again and send it.';
  END IF;
  RETURN QUERY
  SELECT e.path, e.version, coalesce(v.content, '{}')
  FROM jsonb_to_recordset(v_content) AS e(path text, version integer, version_id integer)
  JOIN public.integration_artifact_version v ON v.id = e.version_id
  ORDER BY e.path;
END $$;
