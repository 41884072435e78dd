-- Wakes what came from another system and waits for an external record (`wait_for` 'in:<type>,<external id>') that has a link by now: it is to be
-- read and applied again, whether people were asked about it meanwhile (held) or not. Answers how many; the caller notifies. Indexes: (system_id, wait_for) WHERE wait_for IS NOT NULL; the link's external id.
CREATE OR REPLACE FUNCTION integration_hub_private.wake_received() RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_woken integer;
BEGIN
  UPDATE public.integration_delivery d
  SET state = 'received', next_attempt_at = integration_hub_private.utc_now(), wait_for = NULL, cause = NULL,
      error_kind = NULL, error_code = NULL, error_message = NULL, error_hint = NULL, error_field = NULL
  WHERE d.wait_for LIKE 'in:%' AND d.direction = 'in' AND (d.state = 'waiting' OR (d.state = 'held' AND d.error_code = 'reference_missing'))
    AND EXISTS (SELECT FROM public.integration_link k
                WHERE k.system_id = d.system_id AND k.active AND k.external_type = substr(split_part(d.wait_for, ',', 1), 4)
                  AND k.external_id = substr(d.wait_for, strpos(d.wait_for, ',') + 1));
  GET DIAGNOSTICS v_woken = ROW_COUNT;
  RETURN v_woken;
END $$;
