-- The versions that run in shadow: beside what is active, on live changes, without anything being sent. `content` takes the place of the file at `path`.
CREATE OR REPLACE FUNCTION integration_hub.shadows() RETURNS TABLE (version_id integer, path text, content jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT v.id, a.path::text, v.content
  FROM public.integration_artifact_version v
  JOIN public.integration_artifact a ON a.id = v.artifact_id
  WHERE v.shadow AND v.state IN ('draft', 'in_review', 'approved')
  ORDER BY v.id
$$;
