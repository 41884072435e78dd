-- One step of the oldest running replay job: queues its next `max_rows` deliveries as backfill (priority 90, so that live changes go first).
-- Position, counts and what was queued are one transaction: a crash of anybody at any point repeats nothing and leaves nothing out. The job's
-- row is locked: of several callers one steps, the others are answered nothing, as is everybody when no job runs.
-- A job that reads records again is answered with mode 'read_again' and left alone: Odoo does its steps.
CREATE OR REPLACE FUNCTION integration_hub.replay_step(max_rows integer)
RETURNS TABLE (job integer, mode text, queued integer, skipped integer, state text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_job record;
  v_most integer;
  v_ids integer[];
  v_locked integer[];
  v_going integer[];
  v_state text;
BEGIN
  SELECT r.* INTO v_job FROM public.integration_replay r WHERE r.state = 'running'
  ORDER BY r.mode <> 'same', r.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF v_job.mode <> 'same' THEN
    RETURN QUERY SELECT v_job.id, v_job.mode::text, 0, 0, 'running';
    RETURN;
  END IF;
  v_most := least(replay_step.max_rows, coalesce(v_job.most - v_job.queued - v_job.skipped, replay_step.max_rows));
  SELECT array_agg(m) INTO v_ids FROM integration_hub_private.matching(v_job.filter, v_job.position, v_job.last_id, v_most) AS m;
  SELECT array_agg(l.id) INTO v_locked FROM (
    SELECT d.id FROM public.integration_delivery d WHERE d.id = ANY (v_ids) ORDER BY d.id FOR UPDATE SKIP LOCKED) AS l;
  SELECT array_agg(d.id) INTO v_going FROM public.integration_delivery d
  WHERE d.id = ANY (v_locked) AND d.state NOT IN ('pending', 'waiting', 'processing', 'received')
    AND d.id NOT IN (SELECT integration_hub_private.outdated(v_locked));
  v_going := integration_hub_private.requeue(v_going, v_job.requested_by, v_job.user_id, v_job.force, 90);

  INSERT INTO public.integration_replay_skip (replay_id, delivery_id, system_id, lane, res_name, company_id, reason)
  SELECT v_job.id, d.id, d.system_id, d.lane, d.res_name, d.company_id,
    CASE WHEN d.id <> ALL (coalesce(v_locked, '{}')) OR d.state IN ('pending', 'waiting', 'processing', 'received') THEN 'in_flight'
         WHEN d.error_code = 'mass_change' THEN 'mass_change'
         WHEN d.id IN (SELECT integration_hub_private.outdated(v_ids)) THEN 'later_state'
         ELSE 'payload_gone' END
  FROM public.integration_delivery d WHERE d.id = ANY (v_ids) AND d.id <> ALL (v_going);

  v_state := CASE WHEN coalesce(cardinality(v_ids), 0) < replay_step.max_rows THEN 'done' ELSE 'running' END;
  UPDATE public.integration_replay r SET
    position = coalesce(v_ids[cardinality(v_ids)], r.position),
    queued = r.queued + cardinality(v_going),
    skipped = r.skipped + coalesce(cardinality(v_ids), 0) - cardinality(v_going),
    total = greatest(r.total, r.queued + r.skipped + coalesce(cardinality(v_ids), 0)),
    state = v_state, ended_at = CASE WHEN v_state = 'done' THEN v_now END, write_date = v_now
  WHERE r.id = v_job.id;
  RETURN QUERY SELECT v_job.id, v_job.mode::text, cardinality(v_going), coalesce(cardinality(v_ids), 0) - cardinality(v_going), v_state;
END $$;
