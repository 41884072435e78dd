-- Replay jobs with their progress, the newest first: those with the numbers in `jobs`, or (NULL) the last `max_rows`.
CREATE OR REPLACE FUNCTION integration_hub.replay_jobs(jobs integer[], max_rows integer)
RETURNS TABLE (job integer, mode text, state text, filter jsonb, force boolean, requested_by text, total integer, queued integer, skipped integer,
  started_at timestamptz, ended_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT r.id, r.mode::text, r.state::text, r.filter, r.force, r.requested_by::text, r.total, r.queued, r.skipped,
    r.started_at AT TIME ZONE 'UTC', r.ended_at AT TIME ZONE 'UTC'
  FROM public.integration_replay r
  WHERE replay_jobs.jobs IS NULL OR r.id = ANY (replay_jobs.jobs)
  ORDER BY r.id DESC LIMIT replay_jobs.max_rows
$$;
