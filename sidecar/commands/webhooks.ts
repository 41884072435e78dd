import type { Config } from "../config/config";
import { HubError } from "../domain/errors";
import { Hub } from "../hub";
import { requireHandover } from "../inbound/handover";
import { migrate } from "../store/migrate";
import type { HandedSecret, HandedSecrets } from "../store/handed-secrets";
import { createLog } from "../telemetry/log";
import { EXIT } from "./exit-codes";
import { table } from "./report";

export interface OpenOptions {
  minutes?: number;
  count?: number;
}

const BY = "command line";

/** Opens a window in which a system may hand over the secret that it signs its webhooks with, and prints what to do within it. */
export async function openWindow(
  config: Config,
  system: string,
  { minutes = 10, count = 1 }: OpenOptions,
): Promise<number> {
  return withHanded(config, async (handed, hub) => {
    requireHandover(hub.connections, system);
    const { closesAt, left } = await handed.open(system, minutes, count, BY);
    const address = `${config.inbound?.publicUrl ?? "<inbound.public_url>"}/webhooks/${system}`;
    process.stdout.write(
      `${system} may hand over ${left === 1 ? "one secret" : `${left} secrets`} until ${closesAt.toISOString()}\n` +
        `subscribe ${address} there now, then see hub webhooks list\n`,
    );
    return EXIT.done;
  });
}

/** Closes a system's window before its time. */
export async function closeWindow(config: Config, system: string): Promise<number> {
  return withHanded(config, async (handed) => {
    const closed = await handed.close(system);
    process.stdout.write(closed ? `${system} may hand over nothing any more\n` : `no window was open for ${system}\n`);
    return EXIT.done;
  });
}

/** Prints open windows and the secrets that were handed over, without the secrets themselves. */
export async function listHanded(config: Config): Promise<number> {
  return withHanded(config, async (handed) => {
    for (const { system, left, closesAt } of await handed.windows())
      process.stdout.write(`open   ${system}, ${left} left, until ${closesAt.toISOString()}\n`);
    const heads = ["number", "system", "handed over", "to", "by", "last used", ""];
    process.stdout.write(table([heads, ...(await handed.list()).map(row)]));
    return EXIT.done;
  });
}

/** From now on no call that is signed with it is believed, by any sidecar. */
export async function revokeHanded(config: Config, id: number): Promise<number> {
  return withHanded(config, async (handed) => {
    const { system } = await handed.revoke(id, BY);
    process.stdout.write(`calls of ${system} that are signed with secret ${id} are refused from now on\n`);
    return EXIT.done;
  });
}

/** Prints a secret, for a vendor that has a person repeat it. Whoever runs this holds `store.key` anyway; the admin API shows none. */
export async function showHanded(config: Config, id: number): Promise<number> {
  return withHanded(config, async (handed) => {
    process.stdout.write(`${await handed.reveal(id)}\n`);
    return EXIT.done;
  });
}

function row({ id, system, address, sender, acceptedAt, lastUsedAt, revokedAt }: HandedSecret): string[] {
  const used = lastUsedAt?.toISOString() ?? "never";
  const state = revokedAt ? `revoked ${revokedAt.toISOString()}` : "";
  return [String(id), system, acceptedAt.toISOString(), address, sender, used, state];
}

/** The hub's store is enough: neither Odoo nor a vendor is asked. */
async function withHanded(config: Config, work: (handed: HandedSecrets, hub: Hub) => Promise<number>): Promise<number> {
  const hub = new Hub(config, createLog({ level: "silent" }));
  try {
    const { handed, store } = hub;
    if (!handed || !store) throw noStore();
    await migrate(store);
    return await work(handed, hub);
  } finally {
    await hub.stop();
    for (const { connector } of hub.connections) await connector.close();
  }
}

function noStore(): HubError {
  return new HubError({
    kind: "data",
    code: "inbound_off",
    message: "Webhooks come in through the hub's own database, and none is configured.",
    hint: "Set store.url and store.key.",
    field: "store.url",
  });
}
