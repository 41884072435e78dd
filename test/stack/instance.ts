import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { giveTo, type ServiceUser } from "./machine/os-user";
import { cachePaths } from "./machine/paths";
import { freePort } from "./machine/ports";
import type { ServiceName } from "./state";

/** What a stack remembers from one `up` to the next: its passwords, its ports, and what its database contains. */
export interface Instance {
  name: string;
  dir: string;
  passwords: Record<"postgres" | "odoo" | "hub" | "queue" | "admin" | "master" | "adminToken", string>;
  ports: Record<ServiceName, number>;
  demoData: boolean;
  /** Content of the addon that the database was last updated to. */
  addonHash: string;
  /** Odoo's own identity of the database, once it has one. */
  databaseUuid?: string;
  serviceKey?: { key: string; expires: string };
  /** Set once the database's own passwords are those above. */
  loginsReady: boolean;
}

const FILE = "instance.json";

export async function readInstance(name: string): Promise<Instance | undefined> {
  try {
    return JSON.parse(await readFile(path.join(cachePaths.stack(name), FILE), "utf8")) as Instance;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A new stack's folder and memory; its data comes later. */
export async function createInstance(name: string, demoData: boolean, user: ServiceUser): Promise<Instance> {
  const dir = cachePaths.stack(name);
  for (const folder of [dir, path.join(dir, "logs"), path.join(dir, "run")]) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o700);
    await giveTo(user, folder);
  }
  const secret = (): string => randomBytes(18).toString("base64url");
  return {
    name,
    dir,
    passwords: {
      postgres: secret(),
      odoo: secret(),
      hub: secret(),
      queue: secret(),
      admin: secret(),
      master: secret(),
      adminToken: secret(),
    },
    ports: {
      postgres: await freePort(),
      odoo: await freePort(),
      sandbox: await freePort(),
      sidecar: await freePort(),
    },
    demoData,
    addonHash: "",
    loginsReady: false,
  };
}

export async function saveInstance(instance: Instance): Promise<void> {
  const file = path.join(instance.dir, FILE);
  await writeFile(`${file}.tmp`, JSON.stringify(instance, null, 2), { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

export const logFile = (instance: Instance, service: ServiceName): string =>
  path.join(instance.dir, "logs", `${service}.log`);
