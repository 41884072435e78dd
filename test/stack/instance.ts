import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { giveTo, type ServiceUser } from "./machine/os-user";
import { cachePaths } from "./machine/paths";
import { freePort } from "./machine/ports";
import { LINKS, type LinkName, type ServiceName } from "./state";

/** What a stack remembers from one `up` to the next: its passwords, its ports, and what its database contains. */
export interface Instance {
  name: string;
  dir: string;
  passwords: Record<"postgres" | "odoo" | "hub" | "queue" | "admin" | "master" | "adminToken", string>;
  ports: Record<ServiceName, number>;
  /** Where the sidecar takes webhooks. */
  doorPort?: number;
  /** Where the sidecar reaches the others. */
  linkPorts: Record<LinkName, number>;
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
    const saved = await readFile(path.join(cachePaths.stack(name), FILE), "utf8");
    // A stack that was made before there were links gets them at its next start.
    return { linkPorts: {}, ...(JSON.parse(saved) as object) } as Instance;
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
      links: await freePort(),
      sidecar: await freePort(),
    },
    linkPorts: await freeLinkPorts(),
    demoData,
    addonHash: "",
    loginsReady: false,
  };
}

/** Ports for the links: the preferred ones where they are free. */
export async function freeLinkPorts(preferred: Partial<Record<LinkName, number>> = {}): Promise<Instance["linkPorts"]> {
  const ports: Partial<Record<LinkName, number>> = {};
  for (const name of Object.keys(LINKS) as LinkName[]) ports[name] = await freePort(preferred[name]);
  return ports as Instance["linkPorts"];
}

export async function saveInstance(instance: Instance): Promise<void> {
  const file = path.join(instance.dir, FILE);
  await writeFile(`${file}.tmp`, JSON.stringify(instance, null, 2), { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

export const logFile = (instance: Instance, service: ServiceName): string =>
  path.join(instance.dir, "logs", `${service}.log`);
