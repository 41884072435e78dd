import type { OdooApi } from "./odoo-api";
import { waitFor } from "./wait-for";

/** Installs every starter rule that fits this Odoo, as an administrator does with the wizard; answers how many rules there are. */
export async function installStarterRules(odoo: OdooApi): Promise<number> {
  // The sidecar publishes what it can carry when it starts; until then there is nothing to choose from.
  await waitFor(
    "the sidecar to publish its catalogue",
    async () => (await odoo.search("integration.system", [])).length > 0,
  );
  const wizard = await odoo.create("integration.rule.install", {});
  const missing = await odoo.search("integration.rule.install.line", [
    ["wizard_id", "=", wizard],
    ["installed", "=", false],
  ]);
  if (missing.length > 0) await odoo.call("integration.rule.install", "action_install", [[wizard]]);
  return (await odoo.search("integration.rule", [["active", "=", true]])).length;
}
