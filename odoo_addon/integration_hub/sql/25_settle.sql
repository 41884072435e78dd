-- Writes the outcomes of a batch in one transaction: attempts (append-only), links, states, and wakes what waited for those links.
--
-- `results`: [{"id", "claims", "outcome", "started_at", "ended_at", "request", "http_status", "mapping",
--              "link": {"type", "external_id", "url", "fingerprint", "removed"},
--              "error": {"kind", "code", "message", "hint", "field", "retry_after_ms"}, "wait_for"}]
-- `claims`: as the claim answered it. An outcome of an earlier claim, sent again because its acknowledgement was lost, changes nothing.
-- `outcome`: delivered, unchanged, applied, retry, held, unknown, waiting, released (sidecar/domain/delivery.ts says what each means).
--
-- Answers one row per result, in their order: `accepted` is false when the worker no longer holds the delivery; its state is then left as it is.
-- An answer that arrives after the lease ran out still settles the worker's own 'unknown' delivery when it says that the target holds it.
-- The caller unparks the lanes of the batch once this has committed.
CREATE OR REPLACE FUNCTION integration_hub.settle(worker text, results jsonb)
RETURNS TABLE (id integer, state text, accepted boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
BEGIN
  -- One statement: the results are read once, and every delivery and event is fetched once (measured: as six statements over the same
  -- JSON a settle of 500 cost Postgres 140 µs an event instead of 85, most of it for reading the JSON and fetching the same rows again).
  RETURN QUERY
  WITH given AS MATERIALIZED (
    SELECT r.* FROM ROWS FROM (jsonb_to_recordset(results) AS (id integer, claims integer, outcome text, started_at timestamptz, ended_at timestamptz,
        request text, http_status integer, mapping text, link jsonb, error jsonb, wait_for text))
      WITH ORDINALITY AS r(id, claims, outcome, started_at, ended_at, request, http_status, mapping, link, error, wait_for, place)
  ), held AS MATERIALIZED (
    -- Locked in id order, so that two settles never wait for each other in a circle. Looked up one by one, whatever the planner believes: a plan
    -- that was made while the tables were small went through all deliveries for each result (measured: 300 ms for 500 instead of 30).
    SELECT d.id, d.system_id, d.attempts, d.verify, d.company_id, e.occurred_at, e.traceparent, s.name AS system_name, s.max_attempts,
      r.outcome, r.started_at, r.ended_at, r.request, r.http_status, r.mapping, r.link, r.error, r.wait_for
    FROM (SELECT g.* FROM given g ORDER BY g.id) AS r
    CROSS JOIN LATERAL (
      SELECT x.id, x.event_id, x.system_id, x.attempts, x.verify, x.company_id, x.claimed_by, x.claims, x.state
      FROM public.integration_delivery x WHERE x.id = r.id FOR UPDATE
    ) AS d
    CROSS JOIN LATERAL (SELECT x.occurred_at, x.traceparent FROM public.integration_event x WHERE x.id = d.event_id LIMIT 1) AS e
    JOIN public.integration_system s ON s.id = d.system_id
    WHERE d.claimed_by = settle.worker AND d.claims = r.claims
      AND (d.state = 'processing' OR (d.state = 'unknown' AND r.outcome IN ('delivered', 'unchanged', 'applied')))
  ), taken AS MATERIALIZED (
    SELECT t.id, t.owner_lane
    FROM (
      SELECT array_agg(h.id) AS ids, array_agg(h.link ->> 'type') AS types, array_agg(h.link ->> 'external_id') AS external_ids,
        array_agg(h.link ->> 'url') AS urls, array_agg(h.link ->> 'fingerprint') AS fingerprints,
        array_agg((h.link ->> 'removed')::boolean) AS removed
      FROM held h WHERE jsonb_typeof(h.link) = 'object' AND h.outcome IN ('delivered', 'unchanged', 'applied')
    ) AS l
    CROSS JOIN LATERAL integration_hub_private.store_links(l.ids, l.types, l.external_ids, l.urls, l.fingerprints, l.removed) AS t
  ), noted AS (
    INSERT INTO public.integration_attempt (delivery_id, system_id, number, worker, started_at, ended_at, duration_ms, outcome,
        error_kind, error_code, error_message, error_hint, error_field, http_status, request, mapping, traceparent, company_id, create_date)
    SELECT h.id, h.system_id, h.attempts, settle.worker, h.started_at AT TIME ZONE 'UTC', h.ended_at AT TIME ZONE 'UTC',
        round(extract(epoch FROM h.ended_at - h.started_at) * 1000), h.outcome,
        h.error ->> 'kind', h.error ->> 'code', h.error ->> 'message', h.error ->> 'hint', h.error ->> 'field',
        h.http_status, h.request, h.mapping, h.traceparent, h.company_id, v_now
    FROM held h WHERE h.started_at IS NOT NULL
  ), verdicts AS MATERIALIZED (
    SELECT h.id, h.outcome, h.link, h.wait_for, h.occurred_at, (h.error ->> 'retry_after_ms')::double precision AS asked,
      CASE
        WHEN t.id IS NOT NULL THEN 'held'
        WHEN h.outcome IN ('delivered', 'unchanged') THEN 'delivered'
        WHEN h.outcome = 'applied' THEN 'processing'
        WHEN h.outcome = 'retry' AND h.attempts >= h.max_attempts THEN 'dead'
        WHEN h.outcome = 'retry' AND h.verify THEN 'unknown'
        WHEN h.outcome = 'retry' THEN 'retry'
        WHEN h.outcome = 'unknown' AND h.attempts >= h.max_attempts THEN 'held'
        WHEN h.outcome = 'unknown' THEN 'unknown'
        WHEN h.outcome = 'held' THEN 'held'
        -- the link may have been stored between the sidecar's look and now
        WHEN h.outcome = 'waiting' AND NOT EXISTS (SELECT 1 FROM public.integration_link k
          WHERE k.system_id = h.system_id AND k.lane = h.wait_for AND k.active) THEN 'waiting'
        WHEN h.verify THEN 'unknown'
        ELSE 'pending'
      END AS state,
      CASE WHEN t.id IS NOT NULL THEN 'business' ELSE h.error ->> 'kind' END AS kind,
      CASE WHEN t.id IS NOT NULL THEN 'link_taken' ELSE h.error ->> 'code' END AS code,
      CASE WHEN t.id IS NOT NULL
        THEN format('%s already holds this record for another record of Odoo (%s).', h.system_name, t.owner_lane)
        ELSE h.error ->> 'message' END AS message,
      CASE WHEN t.id IS NOT NULL
        THEN 'Two records in Odoo stand for one record there. Merge them in Odoo, or remove the wrong link, then retry.'
        ELSE h.error ->> 'hint' END AS hint,
      h.error ->> 'field' AS field
    FROM held h LEFT JOIN taken t ON t.id = h.id
  ), written AS (
    UPDATE public.integration_delivery d SET
      state = n.state,
      attempts = d.attempts - CASE WHEN n.outcome IN ('released', 'waiting') THEN 1 ELSE 0 END,
      verify = CASE WHEN n.state = 'delivered' THEN false WHEN n.outcome = 'unknown' THEN true ELSE d.verify END,
      forced = d.forced AND n.state <> 'delivered',
      lease_until = CASE WHEN n.state = 'processing' THEN d.lease_until END,
      next_attempt_at = CASE
        WHEN n.state IN ('retry', 'unknown') AND n.outcome IN ('retry', 'unknown') THEN v_now + integration_hub_private.retry_delay(d.attempts, n.asked)
        WHEN n.state = 'unknown' THEN v_now + make_interval(secs => coalesce(n.asked, 0) / 1000) END,
      done_at = CASE WHEN n.state = 'delivered' THEN v_now END,
      latency_ms = CASE WHEN n.state = 'delivered' THEN round(extract(epoch FROM v_now - n.occurred_at) * 1000) ELSE d.latency_ms END,
      external_id = coalesce(n.link ->> 'external_id', d.external_id),
      external_url = coalesce(n.link ->> 'url', d.external_url),
      wait_for = CASE WHEN n.state IN ('waiting', 'held') THEN n.wait_for END,
      cause = CASE WHEN n.kind IS NULL OR n.state = 'delivered' THEN NULL
        ELSE concat_ws(':', n.kind, n.code, n.field) END,
      error_kind = n.kind, error_code = n.code, error_message = n.message, error_hint = n.hint, error_field = n.field
    FROM verdicts n
    WHERE d.id = n.id
    RETURNING d.id, d.state::text AS state
  )
  SELECT g.id, coalesce(w.state, (SELECT d.state::text FROM public.integration_delivery d WHERE d.id = g.id)), w.id IS NOT NULL
  FROM given g LEFT JOIN written w ON w.id = g.id
  ORDER BY g.place;

  -- Asked here as well as there: reading the ids alone out of the results is a second pass over all of their JSON.
  IF EXISTS (SELECT FROM public.integration_delivery d WHERE d.wait_for IS NOT NULL) THEN
    PERFORM integration_hub_private.wake_for_links(ARRAY(SELECT r.id FROM jsonb_to_recordset(results) AS r(id integer)));
  END IF;
END $$;
