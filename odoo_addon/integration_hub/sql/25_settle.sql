-- Writes the outcomes of a batch in one transaction: attempts (append-only), links, states, and wakes what waited for those links.
--
-- `results`: [{"id", "outcome", "started_at", "ended_at", "request", "http_status", "mapping",
--              "link": {"type", "external_id", "url", "fingerprint", "removed"},
--              "error": {"kind", "code", "message", "hint", "field", "retry_after_ms"}, "wait_for"}]
-- `outcome`: delivered, unchanged, applied, retry, held, unknown, waiting, released (sidecar/domain/delivery.ts says what each means).
--
-- Answers one row per result, in their order: `accepted` is false when the worker no longer holds the delivery; its state is then left as it is.
-- An answer that arrives after the lease ran out still settles the worker's own 'unknown' delivery when it says that the target holds it.
-- The caller unparks the lanes of the batch once this has committed.
CREATE OR REPLACE FUNCTION integration_hub.settle(worker text, results jsonb)
RETURNS TABLE (id integer, state text, accepted boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_accepted integer[];
  v_taken jsonb;
BEGIN
  -- Locked in id order, so that two settles never wait for each other in a circle.
  SELECT array_agg(held.id) INTO v_accepted FROM (
    SELECT d.id FROM public.integration_delivery d
    JOIN jsonb_to_recordset(results) AS r(id integer, outcome text) ON r.id = d.id
    WHERE d.claimed_by = settle.worker
      AND (d.state = 'processing' OR (d.state = 'unknown' AND r.outcome IN ('delivered', 'unchanged', 'applied')))
    ORDER BY d.id FOR UPDATE OF d
  ) AS held;

  SELECT coalesce(jsonb_agg(to_jsonb(taken)), '[]') INTO v_taken
  FROM integration_hub_private.store_links((
    SELECT coalesce(jsonb_agg(r.link || jsonb_build_object('id', r.id)), '[]')
    FROM jsonb_to_recordset(results) AS r(id integer, outcome text, link jsonb)
    WHERE r.id = ANY (v_accepted) AND jsonb_typeof(r.link) = 'object' AND r.outcome IN ('delivered', 'unchanged', 'applied'))) AS taken;

  INSERT INTO public.integration_attempt (delivery_id, system_id, number, worker, started_at, ended_at, duration_ms, outcome,
      error_kind, error_code, error_message, error_hint, error_field, http_status, request, mapping, traceparent, company_id, create_date)
  SELECT d.id, d.system_id, d.attempts, settle.worker, r.started_at AT TIME ZONE 'UTC', r.ended_at AT TIME ZONE 'UTC',
      round(extract(epoch FROM r.ended_at - r.started_at) * 1000), r.outcome,
      r.error ->> 'kind', r.error ->> 'code', r.error ->> 'message', r.error ->> 'hint', r.error ->> 'field',
      r.http_status, r.request, r.mapping, e.traceparent, d.company_id, v_now
  FROM jsonb_to_recordset(results) AS r(id integer, outcome text, started_at timestamptz, ended_at timestamptz, request text,
      http_status integer, mapping text, error jsonb)
  JOIN public.integration_delivery d ON d.id = r.id
  JOIN public.integration_event e ON e.id = d.event_id
  WHERE d.id = ANY (v_accepted) AND r.started_at IS NOT NULL;

  UPDATE public.integration_delivery d SET
    state = n.state,
    attempts = d.attempts - CASE WHEN n.outcome IN ('released', 'waiting') THEN 1 ELSE 0 END,
    verify = CASE WHEN n.state = 'delivered' THEN false WHEN n.outcome = 'unknown' THEN true ELSE d.verify END,
    forced = d.forced AND n.state <> 'delivered',
    lease_until = CASE WHEN n.state = 'processing' THEN d.lease_until END,
    next_attempt_at = CASE
      WHEN n.state = 'retry' OR (n.state = 'unknown' AND n.outcome = 'unknown') THEN v_now + integration_hub_private.retry_delay(d.attempts, n.asked)
      WHEN n.state = 'unknown' THEN v_now END,
    done_at = CASE WHEN n.state = 'delivered' THEN v_now END,
    latency_ms = CASE WHEN n.state = 'delivered' THEN round(extract(epoch FROM v_now - n.occurred_at) * 1000) ELSE d.latency_ms END,
    external_id = coalesce(n.link ->> 'external_id', d.external_id),
    external_url = coalesce(n.link ->> 'url', d.external_url),
    wait_for = CASE WHEN n.state IN ('waiting', 'held') THEN n.wait_for END,
    cause = CASE WHEN n.kind IS NULL OR n.state = 'delivered' THEN NULL
      ELSE concat_ws(':', n.kind, n.code, n.field) END,
    error_kind = n.kind, error_code = n.code, error_message = n.message, error_hint = n.hint, error_field = n.field
  FROM (
    SELECT d.id, r.outcome, r.link, r.wait_for, e.occurred_at, (r.error ->> 'retry_after_ms')::double precision AS asked,
      CASE
        WHEN t.id IS NOT NULL THEN 'held'
        WHEN r.outcome IN ('delivered', 'unchanged') THEN 'delivered'
        WHEN r.outcome = 'applied' THEN 'processing'
        WHEN r.outcome = 'retry' AND d.attempts >= s.max_attempts THEN 'dead'
        WHEN r.outcome = 'retry' AND d.verify THEN 'unknown'
        WHEN r.outcome = 'retry' THEN 'retry'
        WHEN r.outcome = 'unknown' AND d.attempts >= s.max_attempts THEN 'held'
        WHEN r.outcome = 'unknown' THEN 'unknown'
        WHEN r.outcome = 'held' THEN 'held'
        -- the link may have been stored between the sidecar's look and now
        WHEN r.outcome = 'waiting' AND NOT EXISTS (SELECT 1 FROM public.integration_link k
          WHERE k.system_id = d.system_id AND k.lane = r.wait_for AND k.active) THEN 'waiting'
        WHEN d.verify THEN 'unknown'
        ELSE 'pending'
      END AS state,
      CASE WHEN t.id IS NOT NULL THEN 'business' ELSE r.error ->> 'kind' END AS kind,
      CASE WHEN t.id IS NOT NULL THEN 'link_taken' ELSE r.error ->> 'code' END AS code,
      CASE WHEN t.id IS NOT NULL
        THEN format('%s already holds this record for another record of Odoo (%s).', s.name, t.owner_lane)
        ELSE r.error ->> 'message' END AS message,
      CASE WHEN t.id IS NOT NULL
        THEN 'Two records in Odoo stand for one record there. Merge them in Odoo, or remove the wrong link, then retry.'
        ELSE r.error ->> 'hint' END AS hint,
      r.error ->> 'field' AS field
    FROM jsonb_to_recordset(results) AS r(id integer, outcome text, link jsonb, error jsonb, wait_for text)
    JOIN public.integration_delivery d ON d.id = r.id
    JOIN public.integration_event e ON e.id = d.event_id
    JOIN public.integration_system s ON s.id = d.system_id
    LEFT JOIN jsonb_to_recordset(v_taken) AS t(id integer, owner_lane text) ON t.id = d.id
    WHERE d.id = ANY (v_accepted)
  ) AS n
  WHERE d.id = n.id;

  PERFORM integration_hub_private.wake_for_links(v_accepted);

  RETURN QUERY
  SELECT r.id, d.state::text, coalesce(r.id = ANY (v_accepted), false)
  FROM ROWS FROM (jsonb_to_recordset(results) AS (id integer)) WITH ORDINALITY AS r(id, place)
  LEFT JOIN public.integration_delivery d ON d.id = r.id
  ORDER BY r.place;
END $$;
