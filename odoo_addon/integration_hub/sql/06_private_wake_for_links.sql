-- Wakes the deliveries that waited (or were held) for the link of a record that one of `delivery_ids` has just delivered, and notifies.
-- Index: (system_id, wait_for) WHERE wait_for IS NOT NULL.
CREATE OR REPLACE FUNCTION integration_hub_private.wake_for_links(delivery_ids integer[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_systems text[];
BEGIN
  -- Nearly always nothing waits: one look at a partial index instead of one for every delivery (measured: 4 µs of an event's settle).
  IF NOT EXISTS (SELECT FROM public.integration_delivery d WHERE d.wait_for IS NOT NULL) THEN
    RETURN 0;
  END IF;
  WITH linked AS (
    SELECT DISTINCT d.system_id, d.lane FROM public.integration_delivery d
    JOIN public.integration_link k ON k.system_id = d.system_id AND k.lane = d.lane AND k.active
    WHERE d.id = ANY (delivery_ids) AND d.external_id IS NOT NULL
  ), woken AS (
    UPDATE public.integration_delivery d
    SET state = 'pending', wait_for = NULL, cause = NULL,
        error_kind = NULL, error_code = NULL, error_message = NULL, error_hint = NULL, error_field = NULL
    FROM linked l
    WHERE d.system_id = l.system_id AND d.wait_for = l.lane AND d.wait_for IS NOT NULL AND d.state IN ('waiting', 'held')
    RETURNING d.system_id
  )
  SELECT array_agg(DISTINCT s.code::text) INTO v_systems FROM woken w JOIN public.integration_system s ON s.id = w.system_id;
  IF v_systems IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM pg_notify('integration_hub', array_to_string(v_systems, ','));
  RETURN cardinality(v_systems);
END $$;
