import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { asUser, giveTo, type ServiceUser } from "../machine/os-user";
import { cachePaths } from "../machine/paths";
import { freePort } from "../machine/ports";
import type { PostgresBinaries } from "./binaries";
import { stopPostgresOf } from "./reap";
import { acceptsConnections, DISPOSABLE, postgresArgs, postgresUrl, SUPERUSER } from "./server";
import { logTail } from "../machine/log-tail";
import { isAlive, self, type ProcessIdentity } from "../machine/proc";
import { waitUntil } from "../machine/wait";

const READY_MS = 30_000;
const STOP_MS = 20_000;
const OWNER_FILE = "owner.json";

/** A folder that belongs to this process and goes when it ends, or when the next one finds it without an owner. */
export async function createScratchDir(user: ServiceUser): Promise<string> {
  await sweepScratch();
  const dir = path.join(cachePaths.scratch(), `${process.pid}-${randomBytes(4).toString("hex")}`);
  await mkdir(cachePaths.scratch(), { recursive: true });
  await mkdir(dir, { mode: 0o700 });
  await writeFile(path.join(dir, OWNER_FILE), JSON.stringify(self()));
  await giveTo(user, dir);
  return dir;
}

/** Remove folders, and stop servers, of processes that ended without doing so themselves. */
async function sweepScratch(): Promise<void> {
  const root = cachePaths.scratch();
  for (const name of await readdir(root).catch(() => [])) {
    const dir = path.join(root, name);
    const text = await readFile(path.join(dir, OWNER_FILE), "utf8").catch(() => undefined);
    if (text === undefined || text === "" || isAlive(JSON.parse(text) as ProcessIdentity)) continue;
    await stopPostgresOf(path.join(dir, "pgdata"));
    await rm(dir, { recursive: true, force: true });
  }
}

/** A Postgres server that is a child of this process. */
export interface ScratchPostgres {
  port: number;
  adminUrl: string;
  logFile: string;
  /**
   * Stops the server and starts it on the same port: `fast` breaks off its clients and writes everything down; `immediate` just ends, so that it
   * recovers from its log as after a crash.
   */
  restart(how: "fast" | "immediate"): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Start a server on an existing data folder whose superuser has this password. It does not care about losing its data, unless
 * other settings say so.
 */
export async function startScratchPostgres(
  binaries: PostgresBinaries,
  user: ServiceUser,
  dataDir: string,
  password: string,
  signal?: AbortSignal,
  settings = DISPOSABLE,
): Promise<ScratchPostgres> {
  const port = await freePort();
  const logFile = `${dataDir}.log`;
  const adminUrl = postgresUrl(port, SUPERUSER, password, "postgres");
  let child: ChildProcess | null = null;
  const killNow = (): void => void child?.kill("SIGQUIT");
  process.once("exit", killNow);

  const start = async (): Promise<void> => {
    const log = openSync(logFile, "a", 0o600);
    const started = spawn(binaries.postgres, postgresArgs(dataDir, port, settings), {
      cwd: dataDir,
      stdio: ["ignore", log, log],
      // Its own group: an interrupt typed in the terminal must not stop the server before its clients.
      detached: true,
      ...asUser(user),
    });
    closeSync(log);
    child = started;
    await waitUntil("Postgres", async () => await acceptsConnections(adminUrl), {
      timeoutMs: READY_MS,
      gaveUp: () =>
        started.exitCode === null ? undefined : `it ended with code ${started.exitCode}:\n${logTail(logFile)}`,
      signal,
    });
  };
  const stop = async (ask: NodeJS.Signals): Promise<void> => {
    if (child) await stopChild(child, ask);
    child = null;
  };
  const server: ScratchPostgres = {
    port,
    logFile,
    adminUrl,
    async restart(how) {
      await stop(how === "fast" ? "SIGINT" : "SIGQUIT");
      await start();
    },
    async stop() {
      process.removeListener("exit", killNow);
      await stop("SIGINT");
    },
  };
  try {
    await start();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function stopChild(child: ChildProcess, ask: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const hard = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    child.once("exit", () => {
      clearTimeout(hard);
      resolve();
    });
    child.kill(ask);
  });
}
