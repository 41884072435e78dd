-- Ids of deliveries that match a filter, oldest first, at most `max_rows`: what a replay by filter works on. All keys are optional and combine with AND:
-- {"system": code, "states": [state], "error_kind", "error_code", "event_type", "object", "model", "since": time, "until": time} (times: when the change was made).
-- An unknown key raises HB400: a misspelt filter must not select everything.
CREATE OR REPLACE FUNCTION integration_hub.find_deliveries(filter jsonb, max_rows integer) RETURNS SETOF integer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_unknown text;
BEGIN
  SELECT string_agg(k, ', ') INTO v_unknown FROM jsonb_object_keys(filter) AS k
  WHERE k NOT IN ('system', 'states', 'error_kind', 'error_code', 'event_type', 'object', 'model', 'since', 'until');
  IF v_unknown IS NOT NULL THEN
    RAISE EXCEPTION 'Unknown filter key: %', v_unknown
      USING ERRCODE = 'HB400', HINT = 'Known keys: system, states, error_kind, error_code, event_type, object, model, since, until.';
  END IF;
  RETURN QUERY
  SELECT d.id FROM public.integration_delivery d
  JOIN public.integration_event e ON e.id = d.event_id
  WHERE (filter ->> 'system' IS NULL OR d.system_id = integration_hub_private.system_id(filter ->> 'system'))
    AND (filter -> 'states' IS NULL OR d.state IN (SELECT jsonb_array_elements_text(filter -> 'states')))
    AND (filter ->> 'error_kind' IS NULL OR d.error_kind = filter ->> 'error_kind')
    AND (filter ->> 'error_code' IS NULL OR d.error_code = filter ->> 'error_code')
    AND (filter ->> 'event_type' IS NULL OR d.event_type = filter ->> 'event_type')
    AND (filter ->> 'object' IS NULL OR d.object = filter ->> 'object')
    AND (filter ->> 'model' IS NULL OR d.model = filter ->> 'model')
    AND (filter ->> 'since' IS NULL OR e.occurred_at >= (filter ->> 'since')::timestamptz AT TIME ZONE 'UTC')
    AND (filter ->> 'until' IS NULL OR e.occurred_at < (filter ->> 'until')::timestamptz AT TIME ZONE 'UTC')
  ORDER BY d.id
  LIMIT max_rows;
END $$;
