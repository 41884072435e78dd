-- Deletes attempts older than `before` whose delivery has ended or is gone; at most `max_rows` a call, oldest first, above the attempt `after`.
-- Answers as purge_payloads. An open delivery keeps all of its attempts: when an earlier try may have taken effect is read from them.
CREATE OR REPLACE FUNCTION integration_hub_private.purge_attempts(before timestamp, after integer, max_rows integer)
RETURNS TABLE (looked_at integer, deleted integer, last_id integer)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  v_looked_at integer;
  v_last integer;
  v_deleted integer;
  v_ids integer[];
BEGIN
  SELECT array_agg(w.id), count(*), max(w.id) INTO v_ids, v_looked_at, v_last FROM (
    SELECT a.id, a.create_date FROM public.integration_attempt a
    WHERE a.id > purge_attempts.after ORDER BY a.id LIMIT purge_attempts.max_rows
  ) AS w
  -- Attempts are numbered as they are written: the first page that holds none old enough is the last one.
  HAVING min(w.create_date) < before;
  DELETE FROM public.integration_attempt a
  WHERE a.id = ANY (v_ids) AND a.create_date < before
    AND (SELECT d.id FROM public.integration_delivery d WHERE d.id = a.delivery_id
           AND d.state NOT IN ('delivered', 'superseded', 'cancelled') LIMIT 1) IS NULL;
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  RETURN QUERY SELECT coalesce(v_looked_at, 0), v_deleted, v_last;
END $$;
