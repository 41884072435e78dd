-- Version of this contract. A sidecar refuses to start against a version it does not know.
-- Raised when a function's arguments or answer change in a way an older sidecar cannot read.
CREATE OR REPLACE FUNCTION integration_hub.contract_version() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT 1 $$;
