import type { Config } from "../config/config";
import { Hub } from "../hub";
import { noInbound } from "../inbound/inbound-off";
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
  throw noInbound();
}
