-- Adds to what a version in shadow would have done. `rows`: [{"system": code, "object", "compared", "differing", "failing",
-- "differences": [{"path", "count", "examples": [{"lane", "now", "then"}]}]}], counts since the last report. Kept are the last five examples of a path and,
-- of one version, system and object, 200 paths. False, and nothing is kept, when the version does not run in shadow any more.
CREATE OR REPLACE FUNCTION integration_hub.report_shadow(version_id integer, rows jsonb) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_row record;
  v_shadow integer;
BEGIN
  -- The lock keeps two sidecars' reports apart, and a report from a version that is changed meanwhile.
  PERFORM 1 FROM public.integration_artifact_version v
  WHERE v.id = report_shadow.version_id AND v.shadow AND v.state IN ('draft', 'in_review', 'approved') FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  FOR v_row IN
    SELECT s.id AS system_id, r.* FROM jsonb_to_recordset(report_shadow.rows)
      AS r(system text, object text, compared integer, differing integer, failing integer, differences jsonb)
    JOIN public.integration_system s ON s.code = r.system
    ORDER BY s.id, r.object
  LOOP
    INSERT INTO public.integration_shadow AS h (version_id, system_id, object, compared, differing, failing, since, last_at)
    VALUES (report_shadow.version_id, v_row.system_id, v_row.object, v_row.compared, v_row.differing, v_row.failing, v_now, v_now)
    ON CONFLICT (version_id, system_id, object) DO UPDATE SET compared = h.compared + excluded.compared,
      differing = h.differing + excluded.differing, failing = h.failing + excluded.failing, last_at = excluded.last_at
    RETURNING h.id INTO v_shadow;
    INSERT INTO public.integration_shadow_difference AS f (shadow_id, path, count, examples)
    SELECT v_shadow, d.path, d.count, d.examples
    FROM jsonb_to_recordset(v_row.differences) AS d(path text, count integer, examples jsonb)
    WHERE EXISTS (SELECT 1 FROM public.integration_shadow_difference k WHERE k.shadow_id = v_shadow AND k.path = d.path)
      OR (SELECT count(*) FROM public.integration_shadow_difference k WHERE k.shadow_id = v_shadow) < 200
    ON CONFLICT (shadow_id, path) DO UPDATE SET count = f.count + excluded.count,
      examples = (SELECT jsonb_agg(e.example ORDER BY e.place) FROM (
        SELECT e.example, e.place FROM jsonb_array_elements(excluded.examples || f.examples) WITH ORDINALITY AS e(example, place)
        ORDER BY e.place LIMIT 5) AS e);
  END LOOP;
  RETURN true;
END $$;
