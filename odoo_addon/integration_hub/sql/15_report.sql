-- Keeps what the sidecar says about a system's rate limits, for people to see:
-- {"buckets": [{"bucket", "requests", "per_ms", "used", "waits_until"}]}: at most `requests` in any `per_ms` milliseconds, `used` of them now; `waits_until`: no
-- request before that moment (ISO 8601), null when there is room. A bucket that is not named is forgotten. What did not change is not written.
-- The rows stand beside the system's and not in it: Odoo's transactions refer to the system's row, and one that changes every few seconds would be in their way.
CREATE OR REPLACE FUNCTION integration_hub.report(system text, figures jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_system integer := integration_hub_private.system_id(report.system);
  v_now timestamp := integration_hub_private.utc_now();
BEGIN
  -- In one order, so that two sidecars that report at once wait for each other instead of deadlocking.
  INSERT INTO public.integration_system_limit AS l (system_id, bucket, requests, per_ms, used, waits_until, reported_at)
  SELECT v_system, b.bucket, b.requests, b.per_ms, b.used, b.waits_until AT TIME ZONE 'UTC', v_now
  FROM jsonb_to_recordset(report.figures -> 'buckets') AS b(bucket text, requests integer, per_ms integer, used integer, waits_until timestamptz)
  ORDER BY b.bucket
  ON CONFLICT (system_id, bucket) DO UPDATE
  SET requests = excluded.requests, per_ms = excluded.per_ms, used = excluded.used, waits_until = excluded.waits_until, reported_at = excluded.reported_at
  WHERE (l.requests, l.per_ms, l.used, l.waits_until) IS DISTINCT FROM (excluded.requests, excluded.per_ms, excluded.used, excluded.waits_until);

  DELETE FROM public.integration_system_limit l
  WHERE l.system_id = v_system
    AND l.bucket <> ALL (SELECT b ->> 'bucket' FROM jsonb_array_elements(report.figures -> 'buckets') AS b);
END $$;
