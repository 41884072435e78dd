import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Client } from "pg";
import { asUser, giveTo, type ServiceUser } from "../machine/os-user";
import { HOST } from "../machine/ports";
import type { PostgresBinaries } from "./binaries";
import { run } from "../machine/run";

export const SUPERUSER = "postgres";

/**
 * Settings for servers whose data may be lost with the machine: templates and tests. Log segments are thrown away rather than
 * kept for reuse: in a template they would be copied every time.
 */
export const DISPOSABLE: Readonly<Record<string, string>> = {
  fsync: "off",
  full_page_writes: "off",
  synchronous_commit: "off",
  wal_recycle: "off",
  max_wal_size: "64MB",
};

/** Settings for servers that keep what they committed, as every server in use does: Postgres's own defaults. */
export const DURABLE: Readonly<Record<string, string>> = {};

/** Settings every server here runs with. */
const COMMON: Readonly<Record<string, string>> = {
  listen_addresses: HOST,
  // No socket file: a path in a deep cache folder can be longer than a socket's name may be.
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "256MB",
  min_wal_size: "32MB",
  max_wal_size: "512MB",
  log_line_prefix: "%m [%p] %q%u@%d ",
};

/** Create an empty data folder that accepts password logins only. */
export async function initPostgres(
  binaries: PostgresBinaries,
  user: ServiceUser,
  dataDir: string,
  password: string,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await giveTo(user, dataDir);
  const passwordFile = `${dataDir}.password`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  await giveTo(user, passwordFile);
  try {
    const auth = ["--auth=scram-sha-256", `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`];
    const args = ["-D", dataDir, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", ...auth];
    await run(binaries.initdb, args, { cwd: path.dirname(dataDir), ...asUser(user), signal });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Write to disk what a server with DISPOSABLE settings left in memory. */
export async function syncPostgres(binaries: PostgresBinaries, user: ServiceUser, dataDir: string): Promise<void> {
  await run(binaries.initdb, ["--sync-only", "-D", dataDir], { cwd: path.dirname(dataDir), ...asUser(user) });
}

/** Arguments to run a server in the foreground. */
export function postgresArgs(dataDir: string, port: number, settings: Readonly<Record<string, string>> = {}): string[] {
  const all = { ...COMMON, port: String(port), ...settings };
  return ["-D", dataDir, ...Object.entries(all).flatMap(([key, value]) => ["-c", `${key}=${value}`])];
}

export function postgresUrl(port: number, user: string, password: string, database: string): string {
  return `postgres://${user}:${encodeURIComponent(password)}@${HOST}:${port}/${database}`;
}

/** Whether the server takes connections. A refused password is a failure, not a reason to keep waiting. */
export async function acceptsConnections(url: string): Promise<boolean> {
  try {
    await withClient(url, async (client) => await client.query("SELECT 1"));
    return true;
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    if (code.startsWith("28")) throw error;
    return false;
  }
}

/** One connection, closed again whatever happens. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: "hub-stack" });
  // A server that stops while idle reports through this event; without a listener it would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
