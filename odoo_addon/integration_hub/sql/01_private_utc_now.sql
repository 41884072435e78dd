-- Now, as Odoo stores times: UTC without a time zone. The wall clock, not the transaction's start, because a claim may wait for locks.
CREATE OR REPLACE FUNCTION integration_hub_private.utc_now() RETURNS timestamp
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT clock_timestamp() AT TIME ZONE 'UTC' $$;
