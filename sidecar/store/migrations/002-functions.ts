/*
 * The functions of migration 002. They are functions because each is one step under a row lock that has to look before it writes, and one
 * way to the store instead of three. `?` must not stand in them: knex would take it for a value.
 */

/**
 * Gives up to `p_count` places of a bucket. A place counts until `p_per_ms` after the latest moment (`p_term_ms` from now) at which its
 * request can reach the vendor: that makes "never more than `p_requests` in any `p_per_ms`" true at the vendor, whatever the ways take.
 *
 * Who gets fewer than asked is told when to come again (`wait_ms`), and until then nobody with a higher priority number gets a place.
 * From priority 80 on (backfill) places are spread over the window and three in a hundred are left alone, so that live work always finds
 * one within a hundredth of the window. `p_count` 0 with `p_spent` above 0 only counts places that were used while the store was away.
 *
 * The answer also says for how many milliseconds the system's circuit is open, so that all sidecars learn of it with their next request.
 */
export const TAKE = `
CREATE FUNCTION hub.take(p_system text, p_bucket text, p_requests integer, p_per_ms double precision, p_term_ms double precision,
  p_count integer, p_priority integer, p_spent integer DEFAULT 0)
RETURNS TABLE (granted integer, wait_ms double precision, used integer, open_ms double precision, open_since timestamptz, open_reason text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  b hub.rate_bucket%ROWTYPE;
  v_now timestamptz;
  v_again timestamptz;
  v_ends timestamptz;
  v_used integer;
  v_most integer := p_requests;
  v_granted integer;
  v_paced_left integer := p_count;
  v_pace integer := ceil(p_requests / 100.0);
  v_pace_every interval := make_interval(secs => p_per_ms * ceil(p_requests / 100.0) / p_requests / 1000);
  v_term interval := make_interval(secs => p_term_ms / 1000);
BEGIN
  LOOP
    SELECT r.* INTO b FROM hub.rate_bucket r WHERE r.system = p_system AND r.bucket = p_bucket FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO hub.rate_bucket (system, bucket) VALUES (p_system, p_bucket) ON CONFLICT DO NOTHING;
  END LOOP;
  -- Read under the lock: the wait for it must not count as time that has passed.
  v_now := clock_timestamp();

  SELECT coalesce(array_agg(c.ends ORDER BY c.place), '{}'), coalesce(array_agg(c.n ORDER BY c.place), '{}'), coalesce(sum(c.n), 0)
  INTO b.ends, b.counts, v_used
  FROM unnest(b.ends, b.counts) WITH ORDINALITY AS c(ends, n, place) WHERE c.ends > v_now;

  IF p_priority >= 80 THEN
    v_most := p_requests - floor(p_requests * 0.03);
    IF b.paced_at IS NULL OR b.paced_at + v_pace_every <= v_now THEN
      -- Whoever comes a little late takes the step that was due, or each late timer would slow the pace.
      b.paced_at := CASE WHEN b.paced_at + 2 * v_pace_every > v_now THEN b.paced_at + v_pace_every ELSE v_now END;
      b.paced := 0;
    END IF;
    v_paced_left := v_pace - b.paced;
  END IF;
  IF b.paused_until > v_now THEN
    v_granted := 0;
    v_again := b.paused_until;
  ELSIF b.waiting_until > v_now AND b.waiting_priority < p_priority THEN
    v_granted := 0;
    v_again := b.waiting_until;
  ELSE
    v_granted := greatest(0, least(p_count, v_most - v_used, v_paced_left));
  END IF;

  IF v_granted + p_spent > 0 THEN
    v_used := v_used + v_granted + p_spent;
    v_ends := v_now + v_term + make_interval(secs => p_per_ms / 1000);
    -- Places given within so small a part of the window count as one: the row stays small however large the bucket is.
    IF cardinality(b.ends) > 0 AND v_now - b.last_at < make_interval(secs => p_per_ms / 200000) THEN
      b.counts[cardinality(b.counts)] := b.counts[cardinality(b.counts)] + v_granted + p_spent;
      b.ends[cardinality(b.ends)] := greatest(b.ends[cardinality(b.ends)], v_ends);
    ELSE
      b.counts := b.counts || (v_granted + p_spent);
      b.ends := b.ends || v_ends;
      b.last_at := v_now;
    END IF;
    IF p_priority >= 80 THEN
      b.paced := b.paced + v_granted;
    END IF;
  END IF;

  IF v_granted < p_count AND v_again IS NULL THEN
    SELECT min(c.ends) INTO v_again
    FROM (SELECT g.ends, sum(g.n) OVER (ORDER BY g.place) AS freed FROM unnest(b.ends, b.counts) WITH ORDINALITY AS g(ends, n, place)) AS c
    WHERE c.freed > v_used - v_most;
    IF v_used < v_most THEN
      v_again := NULL;
    END IF;
    IF p_priority >= 80 AND b.paced >= v_pace THEN
      v_again := greatest(v_again, b.paced_at + v_pace_every);
    END IF;
    v_again := coalesce(v_again, v_now);
    IF b.waiting_until IS NULL OR b.waiting_until <= v_now OR p_priority <= b.waiting_priority THEN
      b.waiting_priority := p_priority;
      b.waiting_until := v_again + v_term;
    END IF;
  END IF;

  IF p_count + p_spent > 0 THEN
    UPDATE hub.rate_bucket r
    SET requests = p_requests, ends = b.ends, counts = b.counts, last_at = b.last_at, paced_at = b.paced_at, paced = b.paced,
      waiting_priority = b.waiting_priority, waiting_until = b.waiting_until
    WHERE r.system = p_system AND r.bucket = p_bucket;
  END IF;

  RETURN QUERY
  SELECT v_granted, greatest(0, extract(epoch FROM v_again - v_now) * 1000)::double precision, v_used,
    extract(epoch FROM c.retry_at - v_now)::double precision * 1000, c.opened_at, c.reason
  FROM (SELECT 1) AS one LEFT JOIN hub.circuit c ON c.system = p_system AND c.opened_at IS NOT NULL;
END $$`;

/**
 * Counts a failure of a system; at `p_limit` in a row its circuit opens for `p_rest_ms`. A failed probe opens it anew. A failure of a call
 * that began before the circuit opened changes nothing.
 */
export const CIRCUIT_FAILED = `
CREATE FUNCTION hub.circuit_failed(p_system text, p_limit integer, p_rest_ms double precision, p_reason text, p_probe_by text)
RETURNS TABLE (failures integer, open_ms double precision, open_since timestamptz, open_reason text)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO hub.circuit AS c (system, failures, reason, opened_at, retry_at)
  VALUES (p_system, 1, p_reason,
    CASE WHEN p_limit <= 1 THEN clock_timestamp() END,
    CASE WHEN p_limit <= 1 THEN clock_timestamp() + make_interval(secs => p_rest_ms / 1000) END)
  ON CONFLICT (system) DO UPDATE SET
    failures = c.failures + 1,
    reason = excluded.reason,
    opened_at = coalesce(c.opened_at, CASE WHEN c.failures + 1 >= p_limit THEN clock_timestamp() END),
    retry_at = CASE WHEN c.opened_at IS NULL AND c.failures + 1 >= p_limit OR c.probe_by = p_probe_by
      THEN clock_timestamp() + make_interval(secs => p_rest_ms / 1000) ELSE c.retry_at END,
    probe_by = CASE WHEN c.probe_by = p_probe_by THEN NULL ELSE c.probe_by END,
    probe_until = CASE WHEN c.probe_by = p_probe_by THEN NULL ELSE c.probe_until END
  RETURNING failures, CASE WHEN opened_at IS NOT NULL THEN extract(epoch FROM retry_at - clock_timestamp())::double precision * 1000 END,
    opened_at, reason
$$`;

/** 'yes' to exactly one sidecar once the circuit's rest is over, until it reports or `p_hold_ms` have passed; 'closed' when there is nothing to try. */
export const CIRCUIT_PROBE = `
CREATE FUNCTION hub.circuit_probe(p_system text, p_worker text, p_hold_ms double precision) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE hub.circuit c SET probe_by = p_worker, probe_until = clock_timestamp() + make_interval(secs => p_hold_ms / 1000)
  WHERE c.system = p_system AND c.opened_at IS NOT NULL AND c.retry_at <= clock_timestamp()
    AND (c.probe_by IS NULL OR c.probe_until < clock_timestamp());
  IF FOUND THEN
    RETURN 'yes';
  END IF;
  RETURN CASE WHEN EXISTS (SELECT FROM hub.circuit c WHERE c.system = p_system AND c.opened_at IS NOT NULL) THEN 'no' ELSE 'closed' END;
END $$`;

/**
 * Says that a sidecar is alive, and answers what all of them know:
 * {"members": n, "circuits": [{system, failures, since, retry_ms, reason}], "buckets": [{system, bucket, used, wait_ms}]}
 * A sidecar counts for 15 seconds after it was last seen.
 */
export const MEET = `
CREATE FUNCTION hub.meet(p_worker text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
BEGIN
  INSERT INTO hub.sidecar AS s (worker, seen_at) VALUES (p_worker, v_now)
  ON CONFLICT (worker) DO UPDATE SET seen_at = excluded.seen_at;
  DELETE FROM hub.sidecar s WHERE s.seen_at < v_now - interval '15 seconds';
  RETURN jsonb_build_object(
    'members', (SELECT count(*) FROM hub.sidecar),
    'circuits', (SELECT coalesce(jsonb_agg(jsonb_build_object('system', c.system, 'failures', c.failures, 'since', c.opened_at,
        'retry_ms', extract(epoch FROM c.retry_at - v_now) * 1000, 'reason', c.reason)), '[]')
      FROM hub.circuit c WHERE c.failures > 0 OR c.opened_at IS NOT NULL),
    'buckets', (SELECT coalesce(jsonb_agg(jsonb_build_object('system', r.system, 'bucket', r.bucket, 'used', u.used,
        'wait_ms', greatest(extract(epoch FROM r.paused_until - v_now), CASE WHEN u.used >= r.requests THEN extract(epoch FROM u.first_ends - v_now) END) * 1000)), '[]')
      FROM hub.rate_bucket r
      CROSS JOIN LATERAL (SELECT coalesce(sum(c.n), 0) AS used, min(c.ends) AS first_ends
        FROM unnest(r.ends, r.counts) AS c(ends, n) WHERE c.ends > v_now) AS u));
END $$`;
