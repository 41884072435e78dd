-- Sends the same payloads again. Not for what is in flight, nor for what the mass-change brake holds. `force` also sends what the target is
-- believed to hold already. `requested_by` (a person or a program) stays on the attempt row that records the request. Answers the ids that
-- were queued. For more than a screenful: start_replay.
CREATE OR REPLACE FUNCTION integration_hub.replay(ids integer[], requested_by text, force boolean) RETURNS SETOF integer
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$ SELECT unnest(integration_hub_private.requeue(replay.ids, replay.requested_by, NULL, replay.force, NULL)) $$;
