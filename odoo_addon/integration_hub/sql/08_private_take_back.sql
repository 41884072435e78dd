-- Takes back events that this very transaction stored, with their payloads and deliveries: a later look at the same records says
-- something else. Nobody else has seen them yet.
CREATE OR REPLACE FUNCTION integration_hub_private.take_back(event_ids integer[]) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  DELETE FROM public.integration_delivery WHERE event_id = ANY (event_ids);
  DELETE FROM public.integration_event_payload WHERE event_id = ANY (event_ids);
  DELETE FROM public.integration_event WHERE id = ANY (event_ids);
$$;
