import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { adminUrl } from "../describe";
import { ADDON, addonExists, addonHash, copyAddons } from "../odoo/addon";
import { saveInstance, type Instance } from "../instance";
import { addonsDir, moduleProgress, ODOO_DATABASE, ODOO_ROLE, runOdoo, type OdooHome } from "../odoo/command";
import { stopPostgresOf } from "../postgres/reap";
import { HUB_DATABASE, HUB_ROLE } from "../postgres/roles";
import { SUPERUSER, withClient } from "../postgres/server";
import type { Runtime } from "../odoo/runtime";
import { startScratchPostgres } from "../postgres/scratch";
import { copyTemplate, ensureAddonTemplate } from "../odoo/template";

/** Give a new stack its data: a copy of the template, with passwords of its own before anything listens for long. */
export async function ensureData(runtime: Runtime, instance: Instance): Promise<void> {
  const dataDir = path.join(instance.dir, "pgdata");
  if (existsSync(dataDir) && instance.dataReady) return;
  const template = await ensureAddonTemplate(runtime, { demoData: instance.demoData });
  await runtime.progress.step("Data copied from the template", async () => {
    await stopPostgresOf(dataDir);
    for (const folder of ["pgdata", "odoo-data"]) {
      await rm(path.join(instance.dir, folder), { recursive: true, force: true });
    }
    await copyTemplate(template, instance.dir, runtime.signal);
    const { binaries, user, signal } = runtime;
    const server = await startScratchPostgres(binaries, user, dataDir, template.postgresPassword, signal);
    try {
      await withClient(server.adminUrl, async (client) => {
        const password = (role: string, value: string): string =>
          `ALTER ROLE ${role} PASSWORD ${client.escapeLiteral(value)}`;
        await client.query(password(ODOO_ROLE, instance.passwords.odoo));
        await client.query(`CREATE ROLE ${HUB_ROLE} LOGIN PASSWORD ${client.escapeLiteral(instance.passwords.hub)}`);
        await client.query(`CREATE DATABASE ${HUB_DATABASE} OWNER ${HUB_ROLE} TEMPLATE template0`);
        await client.query(password(SUPERUSER, instance.passwords.postgres));
      });
    } finally {
      await server.stop();
    }
    instance.addonHash = template.addonHash;
    instance.dataReady = true;
    await saveInstance(instance);
  });
}

/** Whether the database has to be updated to the addon as it is in the checkout now. */
export async function addonChanged(instance: Instance): Promise<boolean> {
  return instance.addonHash !== (await addonHash());
}

/** Bring the copied addon, and the database with it, to what is in the checkout. Odoo must not be running for the latter. */
export async function updateAddon(runtime: Runtime, instance: Instance, home: OdooHome): Promise<void> {
  await copyAddons(addonsDir(home));
  const hash = await addonHash(addonsDir(home));
  if (instance.addonHash === hash || !addonExists()) return;
  await runtime.progress.step(`${ADDON} updated in the database`, async (detail) => {
    // -i for a database that never had it, -u for one that has; each alone ignores the other case.
    await runOdoo(home, ODOO_DATABASE, ["-i", ADDON, "-u", ADDON, "--no-http"], {
      signal: runtime.signal,
      onLine: moduleProgress(detail),
    });
    instance.addonHash = hash;
    await saveInstance(instance);
  });
}

/** Links in Odoo's mails and messages start with this; ports differ from stack to stack. */
export async function setBaseUrl(instance: Instance, url: string): Promise<void> {
  await withClient(adminUrl(instance), async (client) => {
    await client.query("UPDATE ir_config_parameter SET value = $1 WHERE key = 'web.base.url'", [url]);
  });
}
