-- Safety net, called every few seconds by one sidecar at a time:
-- 1. a lease that ran out means that the request may have taken effect: the delivery becomes 'unknown' and an attempt says so;
-- 2. a lane whose head sleeps although nothing is in front of it (its worker died between commit and unpark) wakes;
-- 3. a delivery that waits for a link that exists wakes; so does what came from another system and waits for the link of an external record
--    (`wait_for` 'in:<type>,<external id>').
-- Answers the number of leases that had run out. At most 1,000 of each a call.
CREATE OR REPLACE FUNCTION integration_hub.reap() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_expired integer;
  v_systems text[];
BEGIN
  WITH expired AS MATERIALIZED (
    SELECT d.id FROM public.integration_delivery d
    WHERE d.state = 'processing' AND d.lease_until < v_now
    ORDER BY d.lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED
  ), reaped AS (
    UPDATE public.integration_delivery d SET
      state = 'unknown', verify = true, lease_until = NULL, next_attempt_at = v_now,
      error_kind = 'unknown', error_code = 'lease_expired', error_field = NULL, cause = 'unknown:lease_expired',
      error_message = 'The worker that was sending this stopped before it could say how it ended.',
      error_hint = 'Nothing to do: the record is looked up at the target before anything is sent again.'
    FROM expired x WHERE d.id = x.id
    RETURNING d.id, d.system_id, d.attempts, d.claimed_by, d.claimed_at, d.event_id, d.company_id, d.error_code, d.error_message, d.error_hint
  ), noted AS (
    INSERT INTO public.integration_attempt (delivery_id, system_id, number, worker, started_at, ended_at, duration_ms, outcome,
        error_kind, error_code, error_message, error_hint, traceparent, company_id, create_date)
    SELECT r.id, r.system_id, r.attempts, r.claimed_by, r.claimed_at, v_now, round(extract(epoch FROM v_now - r.claimed_at) * 1000), 'unknown',
        'unknown', r.error_code, r.error_message, r.error_hint, e.traceparent, r.company_id, v_now
    FROM reaped r JOIN public.integration_event e ON e.id = r.event_id
    RETURNING system_id
  )
  SELECT count(*)::integer INTO v_expired FROM noted;

  WITH sleepers AS (
    SELECT d.id, d.system_id, d.lane FROM public.integration_delivery d
    WHERE d.state = 'waiting' AND d.wait_for IS NULL
    ORDER BY d.id LIMIT 5000
  ), orphans AS (
    SELECT s.id FROM sleepers s
    WHERE s.id = (SELECT h.id FROM public.integration_delivery h
                  WHERE h.system_id = s.system_id AND h.lane = s.lane
                    AND h.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')
                  ORDER BY h.id LIMIT 1)
    LIMIT 1000
  ), linked AS (
    SELECT d.id FROM public.integration_delivery d
    WHERE d.wait_for IS NOT NULL AND d.state IN ('waiting', 'held')
      AND EXISTS (SELECT 1 FROM public.integration_link k WHERE k.system_id = d.system_id AND k.lane = d.wait_for AND k.active)
      AND d.error_code IS DISTINCT FROM 'link_taken' AND d.direction = 'out'
    LIMIT 1000
  ), woken AS (
    UPDATE public.integration_delivery d
    SET state = 'pending', wait_for = NULL, cause = NULL,
        error_kind = NULL, error_code = NULL, error_message = NULL, error_hint = NULL, error_field = NULL
    WHERE d.id IN (SELECT o.id FROM orphans o UNION SELECT l.id FROM linked l) AND d.state IN ('waiting', 'held')
    RETURNING d.system_id
  )
  SELECT array_agg(DISTINCT s.code::text) INTO v_systems FROM woken w JOIN public.integration_system s ON s.id = w.system_id;
  IF integration_hub_private.wake_received() > 0 THEN
    v_systems := v_systems || '!inbound'::text;
  END IF;
  IF v_systems IS NOT NULL THEN
    PERFORM pg_notify('integration_hub', array_to_string(v_systems, ','));
  END IF;
  RETURN v_expired;
END $$;
