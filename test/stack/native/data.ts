import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { adminUrl } from "../describe";
import { ADDON, addonExists, addonHash, copyAddons } from "../odoo/addon";
import { saveInstance, type Instance } from "../instance";
import { addonsDir, moduleProgress, ODOO_DATABASE, ODOO_ROLE, runOdoo, type OdooHome } from "../odoo/command";
import { buildOnce } from "../machine/build-once";
import { stopPostgresOf } from "../postgres/reap";
import { HUB_DATABASE, HUB_ROLE } from "../postgres/roles";
import { SUPERUSER, withClient } from "../postgres/server";
import type { Runtime } from "../odoo/runtime";
import { startScratchPostgres } from "../postgres/scratch";
import { copyTemplateDatabase, copyTemplateFiles, ensureAddonTemplate, type Template } from "../odoo/template";

/**
 * Give a new stack its data: a copy of the template with passwords of its own. The database's folder appears when it is
 * complete, so an interrupted run leaves nothing that the next one would take for it.
 */
export async function ensureData(runtime: Runtime, instance: Instance): Promise<void> {
  const dataDir = path.join(instance.dir, "pgdata");
  if (existsSync(dataDir)) return;
  const template = await ensureAddonTemplate(runtime, { demoData: instance.demoData });
  instance.addonHash = template.addonHash;
  // The passwords have to be on record before the first database has them.
  await saveInstance(instance);
  await runtime.progress.step("Data copied from the template", async () => {
    const { signal } = runtime;
    await rm(path.join(instance.dir, "odoo-data"), { recursive: true, force: true, maxRetries: 5 });
    await copyTemplateFiles(template, instance.dir, signal);
    const build = async (into: string): Promise<void> => {
      await copyTemplateDatabase(template, into, signal);
      await changePasswords(runtime, instance, template, into);
    };
    await buildOnce(dataDir, build, { signal, reap: stopPostgresOf });
  });
}

async function changePasswords(
  runtime: Runtime,
  instance: Instance,
  template: Template,
  dataDir: string,
): Promise<void> {
  const { binaries, user, signal } = runtime;
  const { passwords } = instance;
  const server = await startScratchPostgres(binaries, user, dataDir, template.postgresPassword, signal);
  try {
    await withClient(server.adminUrl, async (client) => {
      const [odoo, hub, admin] = [passwords.odoo, passwords.hub, passwords.postgres].map((text) =>
        client.escapeLiteral(text),
      );
      await client.query(`ALTER ROLE ${ODOO_ROLE} PASSWORD ${odoo}`);
      await client.query(`CREATE ROLE ${HUB_ROLE} LOGIN PASSWORD ${hub}`);
      await client.query(`CREATE DATABASE ${HUB_DATABASE} OWNER ${HUB_ROLE} TEMPLATE template0`);
      await client.query(`ALTER ROLE ${SUPERUSER} PASSWORD ${admin}`);
    });
  } finally {
    await server.stop();
    await rm(server.logFile, { force: true });
  }
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
