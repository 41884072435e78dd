-- Stores a question to the sidecars, wakes them, and answers its number. `request` as docs/architecture.md says under "Questions".
CREATE OR REPLACE FUNCTION integration_hub_private.ask(kind text, request jsonb) RETURNS integer
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO public.integration_question (kind, request, state, asked_at)
  VALUES (ask.kind, ask.request, 'asked', integration_hub_private.utc_now());
  SELECT pg_notify('integration_hub', '!question');
  SELECT currval('public.integration_question_id_seq')::integer;
$$;
