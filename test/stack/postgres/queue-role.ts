import { withClient } from "./server";

/** The role the sidecar uses on Odoo's database. */
export const QUEUE_ROLE = "hub_sidecar";
const SCHEMA = "integration_hub";

/**
 * Create the sidecar's role on Odoo's database with EXECUTE on the queue's functions and nothing else. Odoo's own role owns
 * the database and keeps CREATE on schema public through that; everybody else loses it.
 */
export async function grantQueueRole(adminUrl: string, password: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rowCount: exists } = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [QUEUE_ROLE]);
    const attributes = `LOGIN NOINHERIT PASSWORD ${client.escapeLiteral(password)}`;
    await client.query(`${exists ? "ALTER" : "CREATE"} ROLE ${QUEUE_ROLE} ${attributes}`);
    await client.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    const { rowCount: installed } = await client.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", [SCHEMA]);
    if (!installed) return;
    await client.query(`GRANT USAGE ON SCHEMA ${SCHEMA} TO ${QUEUE_ROLE}`);
    await client.query(`GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${SCHEMA} TO ${QUEUE_ROLE}`);
  });
}
