-- Takes up to `max_rows` deliveries of one system under a lease of `lease_seconds`.
--
-- Only the head of a lane (the deliveries of one record to one system) can be claimed, so that one delivery of a record is in flight at a
-- time. What waits behind a head is parked as 'waiting' when a claim comes across it, and is not looked at again until `unpark`. Where several
-- unsent full-state deliveries (`coalesce`) of a lane wait, the last one goes and the others become 'superseded'; a delete supersedes all full
-- states before it.
-- One that would take the place of a held delivery which another transaction has locked at that moment is tried again a second later: parked, it
-- would wait for an end of the held one that never comes.
--
-- Answer: one row per claimed delivery (state 'processing'), and one row per delivery parked behind another that is in flight (state 'waiting', id and lane
-- only): the caller unparks those lanes after its claim has committed, because the delivery in front may have ended meanwhile; and one row per delivery
-- that the mass-change brake held instead (state 'held', id only): there may be more behind it, so the caller looks again at once.
-- `claims` counts how often the delivery was claimed: `settle` takes an outcome of this claim only, so that the answer of an earlier one, sent again
-- after its acknowledgement was lost, never ends a later one.
-- A paused system gives no rows. Raises HB404 for an unknown system.
-- `first_attempt_at`, `last_attempt_at`: with `verify`, since when and until when an earlier try may have taken effect. The last one is the end of
-- that try, which after a crash is when its lease ran out: a request may have gone long after its claim, and a look-up has to wait from there. Where the
-- try was another's whose place this one took, it ended before this one was first claimed: counted from now, it would never be long enough ago.
--
-- `release`: the mappings to send it with (51_release.sql): its event's, or the one in force when a person sent it again after a correction.
--
-- `max_backfill`: of these, at most so many with priority 80 or more (bulk replays and first loads use 90), so that a sidecar full of them still takes live
-- changes; NULL: no limit. A lane's head is claimed whatever its own priority when one behind it is live.
--
-- Traps this text avoids: the head of a lane is found by a correlated `ORDER BY id LIMIT 1` probe, which stays an index scan under stale statistics where
-- NOT EXISTS does not; JIT would cost more than the claim; and so would planning: a session plans each statement once (force_generic_plan). Measured:
-- planned at every call, a claim of one row costs Postgres 4.9 ms and a settle 5.1, otherwise 1.5 and 1.8. Only where many share their lanes with
-- others (above 32) are the joins that judge them planned for their number: a plan kept from before, for a few rows, made a claim of 500 take 290 ms
-- instead of 30. Such a plan may be made while the tables are empty, so sequential scans are ruled out: there is an index for everything here.
-- Indexes: (system_id, priority, id) WHERE pending; (system_id, next_attempt_at) WHERE retry/unknown, one for live and one for backfill;
-- (system_id, lane, id) WHERE open.
CREATE OR REPLACE FUNCTION integration_hub.claim(worker text, system text, max_rows integer, lease_seconds integer, max_backfill integer DEFAULT NULL)
RETURNS TABLE (
  state text, id integer, event_id integer, lane text, model text, res_id integer, operation text, event_type text, object text,
  payload text, company_id integer, priority integer, attempts integer, claims integer, verify boolean, forced boolean,
  first_attempt_at timestamptz, last_attempt_at timestamptz, occurred_at timestamptz, traceparent text, links jsonb, release integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  v_system integer := integration_hub_private.system_id(claim.system);
  v_now timestamp := integration_hub_private.utc_now();
  v_backfill integer := least(claim.max_rows, claim.max_backfill);
  v_candidates integer[];
  v_candidate_lanes text[];
  v_candidate_verifies boolean[];
  v_candidate_kept boolean[];
  v_candidate_pending boolean[];
  v_sure integer[];
  v_behind integer[];
  v_behind_fronts text[];
  v_crowded integer[];
  v_lanes text[];
  v_mates integer[];
  v_judged integer[];
  v_verdicts text[];
  v_winners integer[];
  v_verifies boolean[];
  v_forced boolean[];
  v_fronts text[];
  v_previous_claims timestamp[];
  v_braked integer[];
BEGIN
  IF NOT integration_hub_private.may_claim(v_system, v_now) THEN
    RETURN;
  END IF;

  -- 1. Candidates: what is pending, and what is due again, live and backfill each from its own range of an index: a heap of the one is not walked
  -- through for the other. Rows another claim holds are skipped.
  WITH due AS MATERIALIZED (
    SELECT d.id, d.lane, d.priority, d.verify, NOT d.coalesce AND d.operation <> 'unlink' AS kept, d.state = 'pending' AS pending
    FROM public.integration_delivery d
    WHERE d.system_id = v_system AND d.state IN ('retry', 'unknown') AND d.priority < 80 AND d.next_attempt_at <= v_now
    ORDER BY d.next_attempt_at LIMIT claim.max_rows FOR UPDATE SKIP LOCKED
  ), fresh AS MATERIALIZED (
    SELECT d.id, d.lane, d.priority, d.verify, NOT d.coalesce AND d.operation <> 'unlink' AS kept, d.state = 'pending' AS pending
    FROM public.integration_delivery d
    WHERE d.system_id = v_system AND d.state = 'pending' AND d.priority < 80
    ORDER BY d.priority, d.id LIMIT claim.max_rows FOR UPDATE SKIP LOCKED
  ), due_backfill AS MATERIALIZED (
    SELECT d.id, d.lane, d.priority, d.verify, NOT d.coalesce AND d.operation <> 'unlink' AS kept, d.state = 'pending' AS pending
    FROM public.integration_delivery d
    WHERE d.system_id = v_system AND d.state IN ('retry', 'unknown') AND d.priority >= 80 AND d.next_attempt_at <= v_now
    ORDER BY d.next_attempt_at LIMIT v_backfill FOR UPDATE SKIP LOCKED
  ), fresh_backfill AS MATERIALIZED (
    SELECT d.id, d.lane, d.priority, d.verify, NOT d.coalesce AND d.operation <> 'unlink' AS kept, d.state = 'pending' AS pending
    FROM public.integration_delivery d
    WHERE d.system_id = v_system AND d.state = 'pending' AND d.priority >= 80
    ORDER BY d.priority, d.id LIMIT v_backfill FOR UPDATE SKIP LOCKED
  ), backfill AS (
    SELECT * FROM due_backfill UNION ALL SELECT * FROM fresh_backfill ORDER BY priority, id LIMIT v_backfill
  ), chosen AS (
    SELECT * FROM due UNION ALL SELECT * FROM fresh UNION ALL SELECT * FROM backfill ORDER BY priority, id LIMIT claim.max_rows
  )
  SELECT array_agg(c.id), array_agg(c.lane::text), array_agg(c.verify), array_agg(c.kept), array_agg(c.pending)
  INTO v_candidates, v_candidate_lanes, v_candidate_verifies, v_candidate_kept, v_candidate_pending FROM chosen c;
  IF v_candidates IS NULL THEN
    RETURN;
  END IF;

  -- 2. Of most, the first two open deliveries of their lane say enough: the only one goes as it is, and so does a head that nothing takes the place
  -- of; what is behind one that is in flight, or goes now, is parked. (Measured: judged like the others, a claim cost half as much again where each
  -- is alone, and twice as much where a record has ten events.) Uncertain ones are judged, because more has to be read of them.
  SELECT array_agg(c.id) FILTER (WHERE c.sure), array_agg(c.id) FILTER (WHERE c.behind), array_agg(c.front_state) FILTER (WHERE c.behind),
    array_agg(c.id) FILTER (WHERE NOT c.sure AND NOT c.behind), array_agg(DISTINCT c.lane) FILTER (WHERE NOT c.sure AND NOT c.behind)
  INTO v_sure, v_behind, v_behind_fronts, v_crowded, v_lanes
  FROM (
    SELECT l.id, l.lane, l.sure, CASE WHEN l.busy THEN 'processing' END AS front_state,
      l.pending AND NOT l.sure AND (l.busy OR bool_or(l.sure) OVER (PARTITION BY l.head_id)) AS behind
    FROM (
      SELECT u.id, u.lane, u.pending, first_two.head_id, coalesce(first_two.busy_id < u.id, false) AS busy,
        u.verify IS NOT TRUE AND u.id = first_two.head_id AND (u.kept OR first_two.open = 1) AS sure
      FROM unnest(v_candidates, v_candidate_lanes, v_candidate_verifies, v_candidate_kept, v_candidate_pending) AS u(id, lane, verify, kept, pending)
      CROSS JOIN LATERAL (
        SELECT min(o.id) AS head_id, min(o.id) FILTER (WHERE o.state = 'processing') AS busy_id, count(*) AS open
        FROM (
          SELECT d.id, d.state FROM public.integration_delivery d
          WHERE d.system_id = v_system AND d.lane = u.lane
            AND d.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')
          ORDER BY d.id LIMIT 2) AS o
      ) AS first_two
    ) AS l
    OFFSET 0 -- or the look would be taken again for each of the lists
  ) AS c;

  IF v_crowded IS NOT NULL THEN
    IF cardinality(v_crowded) > 32 THEN
      SET LOCAL plan_cache_mode = force_custom_plan;
    END IF;

    -- 3. Their lane mates that are certainly unsent, so that a later full state can take an earlier one's place.
    SELECT array_agg(mate.id) INTO v_mates
    FROM unnest(v_lanes) AS l(lane)
    CROSS JOIN LATERAL (
      SELECT d.id FROM public.integration_delivery d
      WHERE d.system_id = v_system AND d.lane = l.lane
        AND d.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')
        AND (d.state IN ('pending', 'waiting')
             OR (d.state = 'retry' AND d.next_attempt_at <= v_now)
             OR (d.coalesce AND (d.state = 'dead' OR (d.state = 'held' AND d.error_kind IN ('data', 'business')))))
        AND d.id <> ALL (v_crowded)
      ORDER BY d.id LIMIT 200 FOR UPDATE SKIP LOCKED
    ) AS mate;

    -- 4. Judge every lane.
    WITH owned AS MATERIALIZED (
      SELECT d.id, d.lane::text AS lane, d.state::text AS state, d.object, d.operation, d.coalesce, d.verify, d.forced, d.wait_for, d.claimed_at AS previous_claim
      FROM public.integration_delivery d WHERE d.id = ANY (v_crowded || v_mates)
    ), lanes AS MATERIALIZED (
      SELECT o.lane, array_agg(o.id) AS ids FROM owned o GROUP BY o.lane
    ), fronts AS MATERIALIZED (
      -- The first open delivery of the lane that is not ours: nothing behind it may go.
      -- `front_locked`: one that would have been taken along above, had not somebody (Odoo, most likely) had its hands on it just then.
      SELECT l.lane, l.ids, front.id AS front_id, front.state AS front_state,
        front.coalesce AND (front.state = 'dead' OR (front.state = 'held' AND front.error_kind IN ('data', 'business'))) AS front_locked
      FROM lanes l
      LEFT JOIN LATERAL (
        SELECT d.id, d.state, d.coalesce, d.error_kind FROM public.integration_delivery d
        WHERE d.system_id = v_system AND d.lane = l.lane
          AND d.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')
          AND d.id <> ALL (l.ids)
        ORDER BY d.id LIMIT 1
      ) AS front ON true
    ), ahead AS (
      -- Ours and in front of it, with what the head of the lane is. One window over the lane from here on: joining these steps
      -- lane by lane would cost the square of the claim (measured: 260 ms for 500 instead of 29).
      SELECT o.*, f.front_id, f.front_state, f.front_locked, f.front_id IS NULL OR o.id < f.front_id AS in_front,
        first_value(o.object) OVER lane AS head_object, first_value(o.id) OVER lane AS head_id
      FROM owned o JOIN fronts f ON f.lane = o.lane
      WINDOW lane AS (PARTITION BY o.lane ORDER BY o.id)
    ), bounds AS (
      -- first_apart: where a run of full states of one object ends. first_kept: what a delete may not take the place of.
      SELECT a.*,
        min(a.id) FILTER (WHERE in_front AND (NOT a.coalesce OR a.object <> a.head_object OR a.state = 'unknown' OR a.operation = 'unlink'))
          OVER (PARTITION BY a.lane) AS first_apart,
        min(a.id) FILTER (WHERE in_front AND a.operation <> 'unlink' AND (NOT a.coalesce OR a.state = 'unknown'))
          OVER (PARTITION BY a.lane) AS first_kept
      FROM ahead a
    ), picked AS (
      SELECT b.*, coalesce(
        max(b.id) FILTER (WHERE in_front AND b.operation = 'unlink' AND (b.first_kept IS NULL OR b.id < b.first_kept))
          OVER (PARTITION BY b.lane),
        max(b.id) FILTER (WHERE in_front AND (b.id = b.head_id OR b.first_apart IS NULL OR b.id < b.first_apart))
          OVER (PARTITION BY b.lane)) AS winner_id
      FROM bounds b
    ), going AS (
      -- A winner that itself waits for a person or for a link does not go, and its lane waits with it.
      SELECT p.*,
        bool_or(p.state IN ('pending', 'retry', 'unknown') OR (p.state = 'waiting' AND p.wait_for IS NULL))
          FILTER (WHERE p.id = p.winner_id) OVER (PARTITION BY p.lane) AS goes,
        bool_or(p.verify) FILTER (WHERE p.id <= p.winner_id) OVER (PARTITION BY p.lane) AS verify_any,
        bool_or(p.forced) FILTER (WHERE p.id <= p.winner_id) OVER (PARTITION BY p.lane) AS forced_any
      FROM picked p
    ), verdicts AS (
      SELECT g.id, g.winner_id, g.previous_claim, g.verify_any AS verify, g.forced_any AS forced, g.front_state,
        CASE WHEN g.goes AND g.id = g.winner_id THEN 'go'
             WHEN g.goes AND g.id < g.winner_id THEN 'superseded'
             WHEN g.state IN ('retry', 'unknown') THEN 'later'
             WHEN g.state = 'pending' AND g.front_locked THEN 'soon'
             WHEN g.state = 'pending' THEN 'park'
             ELSE 'leave' END AS verdict
      FROM going g
    )
    SELECT array_agg(v.id), array_agg(v.verdict), array_agg(v.winner_id), array_agg(v.verify), array_agg(v.forced), array_agg(v.front_state),
      array_agg(v.previous_claim)
    INTO v_judged, v_verdicts, v_winners, v_verifies, v_forced, v_fronts, v_previous_claims
    FROM verdicts v WHERE v.verdict <> 'leave';
    SET LOCAL plan_cache_mode = force_generic_plan;
  END IF;

  -- 5. What exceeds its rule's limits is held, and is nobody's to write afterwards.
  v_braked := integration_hub_private.brake(v_system,
    v_sure || (SELECT array_agg(v.id) FROM unnest(v_judged, v_verdicts) AS v(id, verdict) WHERE v.verdict = 'go'));

  -- 6. Write the verdicts. `v` ends with those that needed no judging, of which nothing else is known.
  v_verdicts := v_verdicts || array_fill('park'::text, ARRAY[coalesce(cardinality(v_behind), 0)]);
  v_fronts := v_fronts || v_behind_fronts;
  RETURN QUERY
  WITH written AS (
    UPDATE public.integration_delivery d SET
      state = CASE v.verdict WHEN 'go' THEN 'processing' WHEN 'superseded' THEN 'superseded' WHEN 'park' THEN 'waiting' WHEN 'soon' THEN 'retry' ELSE d.state END,
      claimed_by = CASE v.verdict WHEN 'go' THEN claim.worker ELSE d.claimed_by END,
      claimed_at = CASE v.verdict WHEN 'go' THEN v_now ELSE d.claimed_at END,
      lease_until = CASE v.verdict WHEN 'go' THEN v_now + make_interval(secs => claim.lease_seconds) ELSE NULL END,
      attempts = d.attempts + CASE v.verdict WHEN 'go' THEN 1 ELSE 0 END,
      claims = coalesce(d.claims, 0) + CASE v.verdict WHEN 'go' THEN 1 ELSE 0 END,
      verify = CASE v.verdict WHEN 'go' THEN coalesce(v.verify, d.verify) ELSE d.verify END,
      forced = CASE v.verdict WHEN 'go' THEN coalesce(v.forced, d.forced) ELSE d.forced END,
      metered = d.metered OR v.verdict = 'go',
      next_attempt_at = CASE v.verdict WHEN 'later' THEN v_now + interval '5 seconds' WHEN 'soon' THEN v_now + interval '1 second' ELSE NULL END,
      wait_for = CASE v.verdict WHEN 'superseded' THEN NULL ELSE d.wait_for END,
      superseded_by_id = CASE v.verdict WHEN 'superseded' THEN v.winner_id ELSE NULL END,
      done_at = CASE v.verdict WHEN 'superseded' THEN v_now ELSE NULL END
    FROM (
      SELECT u.id, coalesce(u.verdict, 'go') AS verdict, u.winner_id, u.verify, u.forced, u.front_state, u.previous_claim
      FROM unnest(v_judged || v_behind || v_sure, v_verdicts, v_winners, v_verifies, v_forced, v_fronts, v_previous_claims)
        AS u(id, verdict, winner_id, verify, forced, front_state, previous_claim)
    ) AS v
    WHERE d.id = v.id AND d.id <> ALL (v_braked)
    RETURNING v.verdict, v.front_state, v.previous_claim, d.id, d.event_id, d.lane, d.model, d.res_id, d.operation, d.event_type, d.object,
      d.company_id, d.attempts, d.claims, d.verify, d.forced, d.priority, d.release
  )
  SELECT 'processing', w.id, w.event_id, w.lane::text, w.model::text, w.res_id, w.operation::text, w.event_type::text, w.object::text,
    p.payload, w.company_id, w.priority, w.attempts, w.claims, coalesce(w.verify, false), coalesce(w.forced, false),
    tried.first_at AT TIME ZONE 'UTC', CASE WHEN w.verify THEN coalesce(tried.last_at, w.previous_claim, v_now) END AT TIME ZONE 'UTC',
    e.occurred_at AT TIME ZONE 'UTC', e.traceparent::text,
    -- A range and its order are what the lane's index alone offers: with an equation, a plan made while there were no links took another one and
    -- read all links of the system for each row.
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'type', k.external_type, 'externalId', k.external_id, 'url', k.external_url, 'fingerprint', k.fingerprint)), '[]')
     FROM (SELECT l.* FROM public.integration_link l WHERE l.system_id = v_system AND l.lane >= w.lane AND l.lane <= w.lane AND l.active
           ORDER BY l.lane LIMIT 1000) AS k),
    coalesce(w.release, e.release, 0)
  FROM written w
  JOIN public.integration_event e ON e.id = w.event_id
  LEFT JOIN public.integration_event_payload p ON p.event_id = w.event_id
  LEFT JOIN LATERAL (
    SELECT min(a.started_at) AS first_at, max(a.ended_at) AS last_at FROM public.integration_attempt a
    WHERE w.verify AND a.delivery_id = w.id AND a.outcome = 'unknown'
  ) AS tried ON true
  WHERE w.verdict = 'go'
  UNION ALL
  SELECT 'waiting', w.id, NULL, w.lane::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM written w
  WHERE w.verdict = 'park' AND w.front_state IN ('processing', 'pending', 'waiting')
  UNION ALL
  SELECT 'held', b.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM unnest(v_braked) AS b(id);
END $$;
