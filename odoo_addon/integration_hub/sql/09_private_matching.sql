-- Ids of deliveries that match a filter, in their order, above `after` and up to `upto` (NULL: to the end), at most `max_rows` (NULL: all).
-- Its keys are those of find_deliveries; an unknown key raises HB400: a misspelt filter must not select everything.
CREATE OR REPLACE FUNCTION integration_hub_private.matching(filter jsonb, after integer, upto integer, max_rows integer) RETURNS SETOF integer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  v_unknown text;
BEGIN
  SELECT string_agg(k, ', ') INTO v_unknown FROM jsonb_object_keys(filter) AS k
  WHERE k NOT IN ('ids', 'system', 'states', 'error_kind', 'error_code', 'event_type', 'object', 'model', 'lane', 'since', 'until', 'company_ids');
  IF v_unknown IS NOT NULL THEN
    RAISE EXCEPTION 'Unknown filter key: %', v_unknown
      USING ERRCODE = 'HB400', HINT = 'Known keys: ids, system, states, error_kind, error_code, event_type, object, model, lane, since, until, company_ids.';
  END IF;
  RETURN QUERY
  SELECT d.id FROM public.integration_delivery d
  JOIN public.integration_event e ON e.id = d.event_id
  WHERE d.id > matching.after AND d.id <= coalesce(matching.upto, 2147483647)
    AND (filter -> 'ids' IS NULL OR d.id IN (SELECT i::integer FROM jsonb_array_elements_text(filter -> 'ids') AS i))
    AND (filter ->> 'system' IS NULL OR d.system_id = integration_hub_private.system_id(filter ->> 'system'))
    AND (filter -> 'states' IS NULL OR d.state IN (SELECT jsonb_array_elements_text(filter -> 'states')))
    AND (filter ->> 'error_kind' IS NULL OR d.error_kind = filter ->> 'error_kind')
    AND (filter ->> 'error_code' IS NULL OR d.error_code = filter ->> 'error_code')
    AND (filter ->> 'event_type' IS NULL OR d.event_type = filter ->> 'event_type')
    AND (filter ->> 'object' IS NULL OR d.object = filter ->> 'object')
    AND (filter ->> 'model' IS NULL OR d.model = filter ->> 'model')
    AND (filter ->> 'lane' IS NULL OR d.lane = filter ->> 'lane')
    AND (filter -> 'company_ids' IS NULL OR d.company_id IS NULL
         OR d.company_id IN (SELECT c::integer FROM jsonb_array_elements_text(filter -> 'company_ids') AS c))
    AND (filter ->> 'since' IS NULL OR e.occurred_at >= (filter ->> 'since')::timestamptz AT TIME ZONE 'UTC')
    AND (filter ->> 'until' IS NULL OR e.occurred_at < (filter ->> 'until')::timestamptz AT TIME ZONE 'UTC')
  ORDER BY d.id
  LIMIT matching.max_rows;
END $$;
