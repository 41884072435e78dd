-- Extends the leases of deliveries the worker still holds and answers their ids; an id that is missing from the answer was lost.
CREATE OR REPLACE FUNCTION integration_hub.renew(worker text, ids integer[], lease_seconds integer) RETURNS SETOF integer
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE public.integration_delivery d
  SET lease_until = integration_hub_private.utc_now() + make_interval(secs => renew.lease_seconds)
  WHERE d.id = ANY (renew.ids) AND d.state = 'processing' AND d.claimed_by = renew.worker
  RETURNING d.id
$$;
