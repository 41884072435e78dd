-- Moves the mark of a hub (one store, however many sidecars) on by one and answers it. Not accepted, and left where it is, when it is behind
-- `expected`, which that hub has seen before: this database went back in time (docs/architecture.md, "Restore").
CREATE OR REPLACE FUNCTION integration_hub.mark(hub text, expected integer) RETURNS TABLE (counter integer, accepted boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_counter integer := coalesce((SELECT m.counter FROM public.integration_mark m WHERE m.hub = mark.hub FOR UPDATE), 0);
BEGIN
  IF v_counter < expected THEN
    RETURN QUERY SELECT v_counter, false;
    RETURN;
  END IF;
  -- Sidecars without a store begin a mark with every start.
  DELETE FROM public.integration_mark m WHERE v_counter = 0 AND m.seen_at < v_now - interval '30 days';
  RETURN QUERY
  INSERT INTO public.integration_mark AS m (hub, counter, seen_at) VALUES (mark.hub, 1, v_now)
  ON CONFLICT (hub) DO UPDATE SET counter = m.counter + 1, seen_at = excluded.seen_at
  RETURNING m.counter, true;
END $$;
