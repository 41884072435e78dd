import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { ADDON, addonExists, addonHash, copyAddons } from "./addon";
import { buildOnce } from "../machine/build-once";
import { withLock } from "../machine/lock";
import {
  addonsDir,
  moduleProgress,
  ODOO_DATABASE,
  ODOO_ROLE,
  runOdoo,
  runOdooScript,
  writeOdooConfig,
} from "./command";
import { MODULES } from "./modules";
import type { OdooHome } from "./command";
import { giveTo } from "../machine/os-user";
import { cachePaths } from "../machine/paths";
import { stopPostgresOf } from "../postgres/reap";
import { initPostgres, syncPostgres, withClient } from "../postgres/server";
import type { Runtime } from "./runtime";
import { run } from "../machine/run";
import { startScratchPostgres } from "../postgres/scratch";

/** Raise when the way a template is made changes. */
const REVISION = "1";

const MEMORY = "template.json";

/** How many templates with an addon are kept; each version of the addon's code makes one. */
const ADDON_TEMPLATES_KEPT = 8;

/** A stopped Postgres data folder with its database, its filestore, and the passwords to get in. */
export interface Template {
  dir: string;
  postgresPassword: string;
  odooPassword: string;
  /** Content of the addon in its database; empty without one. */
  addonHash: string;
}

export interface TemplateOptions {
  demoData: boolean;
}

/** The database with Odoo's own apps. Building it takes minutes, so it outlives every change of ours. */
export async function ensureBaseTemplate(runtime: Runtime, options: TemplateOptions): Promise<Template> {
  const key = [runtime.source.version, runtime.binaries.version, MODULES.join(), String(options.demoData), REVISION];
  const dir = cachePaths.template(`base-${shortHash(key)}`);
  if (!existsSync(dir)) {
    const title = `Odoo database with ${MODULES.length} apps${options.demoData ? " and demo data" : ""}`;
    await runtime.progress.step(title, async (detail) => {
      await buildOnce(dir, async (into) => await buildBase(runtime, into, options, detail), building(runtime));
    });
  }
  return await open(dir);
}

/** The same with the addon installed; keyed by the addon's content. */
export async function ensureAddonTemplate(runtime: Runtime, options: TemplateOptions): Promise<Template> {
  const base = await ensureBaseTemplate(runtime, options);
  if (!addonExists()) return base;
  const dir = cachePaths.template(`addon-${shortHash([path.basename(base.dir), await addonHash(), REVISION])}`);
  if (!existsSync(dir)) {
    await runtime.progress.step(`Odoo database with ${ADDON}`, async (detail) => {
      await buildOnce(dir, async (into) => await buildWithAddon(runtime, base, into, detail), building(runtime));
    });
    await forgetOldAddonTemplates(dir);
  }
  return await open(dir);
}

/** Copy a template's data to `into`: `pgdata` and `odoo-data`. */
export async function copyTemplate(template: Template, into: string, signal?: AbortSignal): Promise<void> {
  await copyTemplateDatabase(template, path.join(into, "pgdata"), signal);
  await copyTemplateFiles(template, into, signal);
}

/** Copy a template's database. The lock keeps the template from being removed meanwhile. */
export async function copyTemplateDatabase(template: Template, dataDir: string, signal?: AbortSignal): Promise<void> {
  await withLock(`${template.dir}.lock`, async () => {
    const from = path.join(template.dir, "pgdata");
    await run("cp", ["-a", "--reflink=auto", "--no-target-directory", from, dataDir], { signal });
  });
}

/** Copy the files Odoo stores. It names them by their content and never changes one, so all copies share them. */
export async function copyTemplateFiles(template: Template, into: string, signal?: AbortSignal): Promise<void> {
  await withLock(`${template.dir}.lock`, async () => {
    await run("cp", ["-a", "--link", path.join(template.dir, "odoo-data"), into], { signal });
  });
}

async function buildBase(
  runtime: Runtime,
  into: string,
  options: TemplateOptions,
  detail: (text: string) => void,
): Promise<void> {
  const template = { dir: into, postgresPassword: secret(), odooPassword: secret(), addonHash: "" };
  await prepareFolder(runtime, template);
  await initPostgres(
    runtime.binaries,
    runtime.user,
    path.join(into, "pgdata"),
    template.postgresPassword,
    runtime.signal,
  );
  await inOdoo(runtime, template, async (home) => {
    const install = ["-i", MODULES.join(), "--no-http", ...(options.demoData ? ["--with-demo"] : [])];
    await runOdoo(home, ODOO_DATABASE, install, { signal: runtime.signal, onLine: moduleProgress(detail) });
    detail("compiling assets");
    await runOdooScript(home, "finish_template.py", {}, runtime.signal);
  });
}

async function buildWithAddon(
  runtime: Runtime,
  base: Template,
  into: string,
  detail: (text: string) => void,
): Promise<void> {
  const template = { ...base, dir: into };
  await prepareFolder(runtime, template);
  await copyTemplate(base, into, runtime.signal);
  await inOdoo(runtime, template, async (home) => {
    await copyAddons(addonsDir(home));
    template.addonHash = await addonHash(addonsDir(home));
    await runOdoo(home, ODOO_DATABASE, ["-i", ADDON, "--no-http"], {
      signal: runtime.signal,
      onLine: moduleProgress(detail),
    });
    detail("compiling assets");
    await runOdooScript(home, "pregenerate_assets.py", {}, runtime.signal);
  });
}

/** Start Postgres on the template's data, create Odoo's role and database where they are missing, work, stop. */
async function inOdoo(runtime: Runtime, template: Template, work: (home: OdooHome) => Promise<void>): Promise<void> {
  const { binaries, user, signal } = runtime;
  const dataDir = path.join(template.dir, "pgdata");
  const server = await startScratchPostgres(binaries, user, dataDir, template.postgresPassword, signal);
  try {
    await createOdooDatabase(server.adminUrl, template.odooPassword);
    const home = { source: runtime.source, user, dir: template.dir };
    await writeOdooConfig(home, { postgresPort: server.port, password: template.odooPassword });
    await work(home);
  } finally {
    await server.stop();
  }
  await syncPostgres(binaries, user, dataDir);
  const { dir, ...saved } = template;
  await writeFile(path.join(dir, MEMORY), JSON.stringify(saved), { mode: 0o600 });
  for (const leftover of ["odoo.conf", "addons", "pgdata.log"]) {
    await rm(path.join(template.dir, leftover), { recursive: true, force: true });
  }
}

async function createOdooDatabase(adminUrl: string, password: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [ODOO_DATABASE]);
    if (rowCount) return;
    await client.query(`CREATE ROLE ${ODOO_ROLE} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    // Odoo wants byte order in the database and sorts by language itself.
    await client.query(
      `CREATE DATABASE ${ODOO_DATABASE} OWNER ${ODOO_ROLE} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'`,
    );
  });
}

async function prepareFolder(runtime: Runtime, template: Template): Promise<void> {
  await chmod(template.dir, 0o700);
  await giveTo(runtime.user, template.dir);
  await mkdir(cachePaths.pycache(), { recursive: true });
  await giveTo(runtime.user, cachePaths.pycache());
}

/** Touched at every use, so that the oldest by time is the one nobody wants any more. */
async function open(dir: string): Promise<Template> {
  await utimes(dir, new Date(), new Date());
  const saved = JSON.parse(await readFile(path.join(dir, MEMORY), "utf8")) as Omit<Template, "dir">;
  return { dir, ...saved };
}

async function forgetOldAddonTemplates(current: string): Promise<void> {
  const root = cachePaths.templates();
  const aged: { dir: string; time: number }[] = [];
  for (const name of await readdir(root)) {
    if (!/^addon-[0-9a-f]+$/.test(name) || name === path.basename(current)) continue;
    const dir = path.join(root, name);
    aged.push({ dir, time: (await stat(dir)).mtimeMs });
  }
  aged.sort((a, b) => b.time - a.time);
  for (const { dir } of aged.slice(ADDON_TEMPLATES_KEPT - 1)) {
    await withLock(`${dir}.lock`, async () => await rm(dir, { recursive: true, force: true }));
  }
}

const building = (runtime: Runtime): Parameters<typeof buildOnce>[2] => ({
  signal: runtime.signal,
  reap: async (leftover) => await stopPostgresOf(path.join(leftover, "pgdata")),
});

const secret = (): string => randomBytes(18).toString("base64url");

const shortHash = (parts: readonly string[]): string =>
  createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 12);
