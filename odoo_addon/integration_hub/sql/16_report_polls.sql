-- Keeps what the sidecar says about the lists of a system in which it looks for changes, for people to see, and answers whether one of them began or ceased to fail:
-- [{"type", "objects", "looked_at", "failing_since", "kind", "code", "message", "hint"}]: `type` is the connector's name of the list, `objects` the business objects that
-- it shows (["employee"]); `looked_at`, `failing_since` ISO 8601, null: never, and while it can be read; kind, code, message and hint say why it cannot, null while it can.
-- A list that is not named is forgotten. What did not change is not written, so it may be said as often as one likes.
CREATE OR REPLACE FUNCTION integration_hub.report_polls(system text, lists jsonb) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_system integer := integration_hub_private.system_id(report_polls.system);
  v_before jsonb;
  v_after jsonb;
BEGIN
  -- Two sidecars that report at once take their turns.
  PERFORM pg_advisory_xact_lock(hashtextextended('integration_system_poll', v_system));
  SELECT jsonb_object_agg(p.type, p.error_code) INTO v_before
  FROM public.integration_system_poll p WHERE p.system_id = v_system AND p.failing_since IS NOT NULL;

  INSERT INTO public.integration_system_poll AS p
    (system_id, type, objects, looked_at, failing_since, error_kind, error_code, error_message, error_hint)
  SELECT v_system, l.type, (SELECT string_agg(o, ',' ORDER BY o) FROM jsonb_array_elements_text(l.objects) AS o),
    date_trunc('second', l.looked_at AT TIME ZONE 'UTC'), date_trunc('second', l.failing_since AT TIME ZONE 'UTC'), l.kind, l.code, l.message, l.hint
  FROM jsonb_to_recordset(report_polls.lists)
    AS l(type text, objects jsonb, looked_at timestamptz, failing_since timestamptz, kind text, code text, message text, hint text)
  ON CONFLICT (system_id, type) DO UPDATE
  SET objects = excluded.objects, looked_at = excluded.looked_at, failing_since = excluded.failing_since, error_kind = excluded.error_kind,
    error_code = excluded.error_code, error_message = excluded.error_message, error_hint = excluded.error_hint
  WHERE (p.objects, p.looked_at, p.failing_since, p.error_kind, p.error_code, p.error_message, p.error_hint) IS DISTINCT FROM
    (excluded.objects, excluded.looked_at, excluded.failing_since, excluded.error_kind, excluded.error_code, excluded.error_message, excluded.error_hint);

  DELETE FROM public.integration_system_poll p
  WHERE p.system_id = v_system AND p.type NOT IN (SELECT l ->> 'type' FROM jsonb_array_elements(report_polls.lists) AS l);

  SELECT jsonb_object_agg(p.type, p.error_code) INTO v_after
  FROM public.integration_system_poll p WHERE p.system_id = v_system AND p.failing_since IS NOT NULL;
  RETURN v_before IS DISTINCT FROM v_after;
END $$;
