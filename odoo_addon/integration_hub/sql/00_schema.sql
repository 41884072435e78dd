-- The queue contract lives in a schema of its own. The sidecar's role has USAGE on it, EXECUTE on its functions and nothing else
-- (`hub grant`); every function is SECURITY DEFINER with a fixed search_path and names its tables in full.
-- Their building blocks stand in a second schema on which nobody has any right.
-- Installed by the addon on install and on every update; CREATE OR REPLACE keeps the grants.
CREATE SCHEMA IF NOT EXISTS integration_hub;
CREATE SCHEMA IF NOT EXISTS integration_hub_private;
REVOKE ALL ON SCHEMA integration_hub, integration_hub_private FROM PUBLIC;
