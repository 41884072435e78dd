import type { Config } from "../config/config";
import { HubError } from "../domain/errors";
import { Hub } from "../hub";
import { createLog } from "../telemetry/log";

/** Opens all a sidecar has without delivering anything, and closes it whatever happens. Throws what is away or missing. */
export async function withHub(config: Config, work: (hub: Hub) => Promise<number>): Promise<number> {
  const hub = new Hub(config, createLog({ level: "silent" }));
  try {
    await hub.connect();
    return await work(hub);
  } finally {
    await hub.stop();
  }
}

/** What comes in, or why nothing does. */
export function inboundOf({ inbound }: Hub): NonNullable<Hub["inbound"]> {
  if (inbound) return inbound;
  throw new HubError({
    kind: "data",
    code: "inbound_off",
    message: "Nothing comes in with this configuration.",
    hint: "Set store.url and odoo.api_key: what other systems say is kept in the one and applied through the other.",
  });
}
