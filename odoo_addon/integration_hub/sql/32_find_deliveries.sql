-- Ids of deliveries that match a filter, oldest first, at most `max_rows`. All keys are optional and combine with AND:
-- {"ids": [id], "system": code, "states": [state], "error_kind", "error_code", "event_type", "object", "model", "lane": "res.partner,42",
--  "since": time, "until": time (when the change was made), "company_ids": [id]}.
-- An unknown key raises HB400: a misspelt filter must not select everything.
CREATE OR REPLACE FUNCTION integration_hub.find_deliveries(filter jsonb, max_rows integer) RETURNS SETOF integer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$ SELECT integration_hub_private.matching(find_deliveries.filter, 0, NULL, find_deliveries.max_rows) $$;
