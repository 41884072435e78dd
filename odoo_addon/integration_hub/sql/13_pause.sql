-- Stops claims for one system. `until` NULL: until somebody resumes it; otherwise the first claim after that moment resumes it by itself.
-- `since`: when the trouble began, where it began earlier than this pause; a pause that follows another of its kind keeps its beginning. NULL: now.
-- `kind` is what stopped it: 'credential', 'breaker', 'manual' or 'neutralised' ('restored' comes from report_restore). A pause by a person is never replaced by the sidecar's own.
CREATE OR REPLACE FUNCTION integration_hub.pause(system text, kind text, reason text, until timestamptz, since timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  UPDATE public.integration_system s
  SET state = 'paused', pause_kind = pause.kind, pause_reason = pause.reason, paused_until = pause.until AT TIME ZONE 'UTC',
    paused_since = coalesce(pause.since AT TIME ZONE 'UTC', CASE WHEN s.pause_kind = pause.kind THEN s.paused_since END,
      integration_hub_private.utc_now())
  WHERE s.id = integration_hub_private.system_id(pause.system)
    AND NOT (s.state = 'paused' AND s.pause_kind IN ('manual', 'neutralised', 'restored') AND pause.kind NOT IN ('manual', 'neutralised'));
END $$;
