-- Stops claims for one system. `until` NULL: until somebody resumes it; otherwise the first claim after that moment resumes it by itself.
-- `kind` is what stopped it: 'credential', 'breaker', 'manual' or 'neutralised'. A pause by a person is never replaced by the sidecar's own.
CREATE OR REPLACE FUNCTION integration_hub.pause(system text, kind text, reason text, until timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  UPDATE public.integration_system s
  SET state = 'paused', pause_kind = pause.kind, pause_reason = pause.reason, paused_until = pause.until AT TIME ZONE 'UTC'
  WHERE s.id = integration_hub_private.system_id(pause.system)
    AND NOT (s.state = 'paused' AND s.pause_kind IN ('manual', 'neutralised') AND pause.kind NOT IN ('manual', 'neutralised'));
END $$;
