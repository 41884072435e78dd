-- Keeps since when and until when a system stood still, and why (integration.interruption), whoever stops it and lets it go on: the sidecar, a person,
-- a copied or restored database. A trigger, because each of them writes the system's state in a way of his own.
--
-- What does not answer or refuses the sign-in is let go to be tried, and stopped again: that is one interruption. It is known by its beginning, which
-- the breaker names with each pause; a sign-in is tried within ten minutes at most, and goes on as the same unless something succeeded in between.
CREATE OR REPLACE FUNCTION integration_hub_private.note_interruption() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_last record;
BEGIN
  UPDATE public.integration_interruption i SET ended_at = v_now, hours = extract(epoch FROM v_now - i.started_at) / 3600
  WHERE i.system_id = NEW.id AND i.ended_at IS NULL;
  IF NEW.state <> 'paused' THEN
    RETURN NULL;
  END IF;

  SELECT i.id, i.kind, i.started_at, i.ended_at INTO v_last FROM public.integration_interruption i
  WHERE i.system_id = NEW.id ORDER BY i.id DESC LIMIT 1;
  IF v_last.kind = NEW.pause_kind AND (
    v_last.started_at = NEW.paused_since
    OR (v_last.kind = 'credential' AND v_last.ended_at > v_now - interval '10 minutes' AND NOT EXISTS (
      SELECT FROM public.integration_attempt a
      WHERE a.system_id = NEW.id AND a.started_at >= v_last.ended_at AND a.outcome IN ('delivered', 'unchanged', 'applied')))
  ) THEN
    UPDATE public.integration_interruption i SET ended_at = NULL, hours = 0, reason = NEW.pause_reason WHERE i.id = v_last.id;
  ELSE
    INSERT INTO public.integration_interruption (system_id, kind, reason, started_at, hours)
    VALUES (NEW.id, NEW.pause_kind, NEW.pause_reason, coalesce(NEW.paused_since, v_now), 0);
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER integration_hub_note_interruption
AFTER UPDATE OF state, pause_kind ON public.integration_system
FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.pause_kind IS DISTINCT FROM NEW.pause_kind)
EXECUTE FUNCTION integration_hub_private.note_interruption();
