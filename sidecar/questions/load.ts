import type { JsonObject } from "../domain/json";
import type { Inbound } from "../inbound/inbound";
import { noInbound } from "../inbound/inbound-off";
import { loadJson } from "../inbound/wanted-loads";

/**
 * First loads as people run them in Odoo: `{"system", "action"?: "dry_run" | "start" | "stop", "object"?}` →
 * `{"lists": [{"object", "becomes"}], "loads": [as in the admin API]}`. Without an action it only tells. Answers at once; the load goes on.
 * Throws `not_listed`, `inbound_off`.
 */
export async function load(inbound: Pick<Inbound, "loads"> | null, request: JsonObject): Promise<JsonObject> {
  if (!inbound) throw noInbound();
  const { loads } = inbound;
  const { system, action, object } = request as { system: string; action?: string; object?: string };
  if (action === "stop") await loads.stop(system, object ?? "");
  else if (action !== undefined) await loads.start(system, object ?? "", action === "dry_run");
  const reports = await loads.reports(system);
  return { lists: loads.loadable(system).map((one) => ({ ...one })), loads: reports.map(loadJson) };
}
