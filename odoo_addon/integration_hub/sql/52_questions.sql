-- Takes up to `max_rows` open questions for a worker, the oldest first. Each is answered by one sidecar: it is nobody else's for 10 seconds.
CREATE OR REPLACE FUNCTION integration_hub.questions(worker text, max_rows integer) RETURNS TABLE (id integer, kind text, request jsonb)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE public.integration_question q
  SET worker = questions.worker, lease_until = integration_hub_private.utc_now() + interval '10 seconds'
  FROM (
    SELECT o.id FROM public.integration_question o
    WHERE o.state = 'asked' AND (o.lease_until IS NULL OR o.lease_until < integration_hub_private.utc_now())
    ORDER BY o.id LIMIT questions.max_rows FOR UPDATE SKIP LOCKED
  ) AS chosen
  WHERE q.id = chosen.id
  RETURNING q.id, q.kind::text, q.request
$$;
