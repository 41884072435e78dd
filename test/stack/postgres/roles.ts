import { grantQueueRole } from "../../../sidecar/odoo/grant";
import { withClient } from "./server";

/** The role the sidecar uses on Odoo's database. */
export const QUEUE_ROLE = "hub_sidecar";

/** The sidecar's own database and its owner. */
export const HUB_DATABASE = "hub";
export const HUB_ROLE = "hub";

/**
 * Make the sidecar's role the way an administrator does, with the statements of `hub grant`. Without the addon's schema there
 * is nothing to grant yet, and the role can only log in. False in that case.
 */
export async function makeQueueRole(adminUrl: string, password: string): Promise<boolean> {
  return await withClient(adminUrl, async (client) => {
    const { rowCount: installed } = await client.query("SELECT FROM pg_namespace WHERE nspname = 'integration_hub'");
    if (installed) {
      await grantQueueRole(client, { role: QUEUE_ROLE, password });
      return true;
    }
    const { rowCount: exists } = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [QUEUE_ROLE]);
    if (!exists) await client.query(`CREATE ROLE ${QUEUE_ROLE} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    return false;
  });
}
