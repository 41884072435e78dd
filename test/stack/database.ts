import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { ODOO_DATABASE, ODOO_ROLE } from "./odoo/command";
import { initPostgres, withClient } from "./postgres/server";
import { silent, type Progress } from "./progress";
import { ensureRuntime } from "./odoo/runtime";
import { createScratchDir, startScratchPostgres } from "./postgres/scratch";
import { copyTemplate, ensureAddonTemplate, type Template } from "./odoo/template";

/** A database of one test's own. */
export interface TestDatabase {
  name: string;
  /** Superuser, so that a test can create the roles it needs. */
  url: string;
  /** The role Odoo itself uses; it owns the tables and the queue's functions. */
  odooUrl: string;
  drop(): Promise<void>;
}

/** A Postgres server with Odoo's template database in it, and no Odoo. */
export interface OdooPostgres {
  /** Superuser, on the maintenance database: the template can only be copied while nobody is connected to it. */
  adminUrl: string;
  /** A copy of Odoo's database with the addon installed. */
  newDatabase(): Promise<TestDatabase>;
  /** Stops the server and starts it again at the same address; `immediate` as after a crash. */
  restart(how: "fast" | "immediate"): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Start a Postgres server on a copy of the template: Odoo's tables and the addon's schema are there, exactly as Odoo made
 * them, without the seconds that starting Odoo takes. The server is a child of this process and goes with it.
 */
export async function startPostgresWithOdooTemplate(
  options: { progress?: Progress; signal?: AbortSignal; settings?: Readonly<Record<string, string>> } = {},
): Promise<OdooPostgres> {
  const runtime = await ensureRuntime(options.progress ?? silent, options.signal);
  const template = await ensureAddonTemplate(runtime, { demoData: true });
  const dir = await createScratchDir(runtime.user);
  try {
    await copyTemplate(template, dir, options.signal);
    const dataDir = path.join(dir, "pgdata");
    const { binaries, user } = runtime;
    const server = await startScratchPostgres(
      binaries,
      user,
      dataDir,
      template.postgresPassword,
      options.signal,
      options.settings,
    );
    return {
      adminUrl: server.adminUrl,
      newDatabase: async () => await copyOdooDatabase(server.adminUrl, template),
      restart: async (how) => await server.restart(how),
      async stop() {
        await server.stop();
        await rm(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** Start an empty Postgres server: for what needs no Odoo, it is there in two seconds. A child of this process, too. */
export async function startEmptyPostgres(): Promise<Pick<OdooPostgres, "adminUrl" | "stop">> {
  const { binaries, user } = await ensureRuntime(silent);
  const dir = await createScratchDir(user);
  const dataDir = path.join(dir, "pgdata");
  const password = randomBytes(16).toString("hex");
  try {
    await initPostgres(binaries, user, dataDir, password);
    const server = await startScratchPostgres(binaries, user, dataDir, password);
    return {
      adminUrl: server.adminUrl,
      async stop() {
        await server.stop();
        await rm(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** The same server's address with another database, or with another login. */
export function databaseUrl(url: string, database: string, login?: { user: string; password: string }): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  if (login) {
    changed.username = login.user;
    changed.password = encodeURIComponent(login.password);
  }
  return changed.toString();
}

/** Create a database as a copy of another one on the same server. Copying files is much faster than writing them through the log. */
export async function createDatabase(
  adminUrl: string,
  name: string,
  options: { template: string; owner: string },
): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const [copy, from, owner] = [name, options.template, options.owner].map((part) => client.escapeIdentifier(part));
    await client.query(`CREATE DATABASE ${copy} TEMPLATE ${from} OWNER ${owner} STRATEGY FILE_COPY`);
  });
}

/** Remove a database, with the connections a test may have left open. */
export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
  });
}

async function copyOdooDatabase(adminUrl: string, template: Template): Promise<TestDatabase> {
  const name = `test_${randomBytes(5).toString("hex")}`;
  await createDatabase(adminUrl, name, { template: ODOO_DATABASE, owner: ODOO_ROLE });
  return {
    name,
    url: databaseUrl(adminUrl, name),
    odooUrl: databaseUrl(adminUrl, name, { user: ODOO_ROLE, password: template.odooPassword }),
    drop: async () => await dropDatabase(adminUrl, name),
  };
}
