import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { logTail } from "../machine/log-tail";
import { commandLine, identify, isAlive, type ProcessIdentity } from "../machine/proc";
import type { ServiceName } from "../state";

/** How to run one program of the stack in the background. */
export interface ServiceSpec {
  name: ServiceName;
  command: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  logFile: string;
  /** Part of the command line that no other process has; guards against a number that was given away. */
  marker: string;
}

interface PidFile extends ProcessIdentity {
  marker: string;
}

/** Postgres shuts down at once on SIGINT, where SIGTERM waits for clients; the others finish their work on SIGTERM. */
const STOP_SIGNALS: Record<ServiceName, NodeJS.Signals> = {
  postgres: "SIGINT",
  odoo: "SIGTERM",
  sandbox: "SIGTERM",
  links: "SIGTERM",
  sidecar: "SIGTERM",
};
const STOP_MS = 20_000;

const pidFile = (dir: string, name: ServiceName): string => path.join(dir, "run", `${name}.pid`);

/** Start a program that outlives this one. Its previous log is kept beside the new one. */
export async function startService(dir: string, spec: ServiceSpec): Promise<ProcessIdentity> {
  await mkdir(path.join(dir, "run"), { recursive: true });
  if (existsSync(spec.logFile)) await rename(spec.logFile, `${spec.logFile}.old`);
  const log = openSync(spec.logFile, "a", 0o600);
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    stdio: ["ignore", log, log],
    detached: true,
    ...(spec.uid !== undefined && { uid: spec.uid }),
    ...(spec.gid !== undefined && { gid: spec.gid }),
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const identity = identify(child.pid ?? 0);
  if (!identity) throw new Error(`${spec.name} ended at once.\n${logTail(spec.logFile)}`);
  child.unref();
  const content: PidFile = { ...identity, marker: spec.marker };
  await writeFile(pidFile(dir, spec.name), JSON.stringify(content), { mode: 0o600 });
  return identity;
}

/** The running process of a service; a pid file whose process is gone is removed. */
export async function runningService(dir: string, name: ServiceName): Promise<ProcessIdentity | undefined> {
  const file = pidFile(dir, name);
  let saved: PidFile;
  try {
    saved = JSON.parse(readFileSync(file, "utf8")) as PidFile;
  } catch {
    return undefined;
  }
  if (isAlive(saved) && commandLine(saved.pid).includes(saved.marker)) return saved;
  await rm(file, { force: true });
  return undefined;
}

/** Ask a service to stop, wait a bounded time, then make it. True when there was something to stop. */
export async function stopService(dir: string, name: ServiceName, ask = STOP_SIGNALS[name]): Promise<boolean> {
  const identity = await runningService(dir, name);
  if (!identity) return false;
  kill(identity.pid, ask);
  // One that was frozen hears nothing until it goes on.
  kill(identity.pid, "SIGCONT");
  const deadline = Date.now() + STOP_MS;
  while (isAlive(identity) && Date.now() < deadline) await sleep(50);
  // The whole group: a server that was killed must not leave its helpers behind.
  kill(-identity.pid, "SIGKILL");
  while (isAlive(identity)) await sleep(50);
  await rm(pidFile(dir, name), { force: true });
  return true;
}

/** End a service and its helpers at once, as a power cut would. True when there was something to kill. */
export async function killService(dir: string, name: ServiceName): Promise<boolean> {
  const identity = await runningService(dir, name);
  if (!identity) return false;
  kill(-identity.pid, "SIGKILL");
  while (isAlive(identity)) await sleep(10);
  return true;
}

/** Freeze a service, or let it go on where it was. True when it runs. */
export async function freezeService(dir: string, name: ServiceName, frozen: boolean): Promise<boolean> {
  const identity = await runningService(dir, name);
  if (!identity) return false;
  kill(-identity.pid, frozen ? "SIGSTOP" : "SIGCONT");
  return true;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
