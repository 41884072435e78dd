import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { ADDON } from "./addon";
import type { Instance } from "../instance";
import { repoRoot } from "../machine/paths";
import type { Progress } from "../progress";

export const ADMIN_LOGIN = "admin";
export const SERVICE_LOGIN = "integration-sidecar";

/** Odoo lets only administrators have keys that never expire. */
const KEY_DAYS = 90;
/** A key is replaced before it runs out, so that a stack left up for a while does not fail in the middle. */
const RENEW_DAYS = 7;
const DAY_MS = 86_400_000;

/** Whether the passwords and the key in the instance are those in the database, for long enough. */
export function loginsAreReady(instance: Instance): boolean {
  const { serviceKey, loginsReady } = instance;
  return loginsReady && !!serviceKey && Date.parse(serviceKey.expires) - Date.now() > RENEW_DAYS * DAY_MS;
}

/** Runs a script inside Odoo, wherever that is. */
export type ScriptRunner = <T>(script: string, input: object) => Promise<T>;

/** Set the administrator's password, and make an API key for the sidecar's user. Changes the instance, saves nothing. */
export async function prepareLogins(runScript: ScriptRunner, instance: Instance, progress: Progress): Promise<void> {
  const input = {
    adminPassword: instance.passwords.admin,
    serviceLogin: SERVICE_LOGIN,
    keyName: "stack",
    keyDays: KEY_DAYS,
    newIdentity: !instance.loginsReady,
  };
  const answer = await runScript<{ key: string | null; expires: string | null; uuid: string }>(
    "prepare_logins.py",
    input,
  );
  instance.loginsReady = true;
  instance.databaseUuid = answer.uuid;
  delete instance.serviceKey;
  if (answer.key && answer.expires) {
    instance.serviceKey = { key: answer.key, expires: answer.expires };
    return;
  }
  if (await addonDefinesUser()) {
    throw new Error(`The addon has a user "${SERVICE_LOGIN}" in its data, but the database has no such active user.`);
  }
  progress.note(`no API key yet: the addon does not create the user "${SERVICE_LOGIN}"`);
}

async function addonDefinesUser(): Promise<boolean> {
  const folder = path.join(repoRoot, "odoo_addon", ADDON);
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  for (const file of files) {
    if (!/\.(xml|csv)$/.test(file)) continue;
    if ((await readFile(path.join(folder, file), "utf8")).includes(SERVICE_LOGIN)) return true;
  }
  return false;
}
