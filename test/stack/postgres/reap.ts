import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine } from "../machine/proc";

const STOP_MS = 10_000;

/**
 * Stop a Postgres server that a dead run left behind on this data folder. Its own pid file says which process it was; the
 * command line has to name the folder, because the number may have been given to somebody else since.
 */
export async function stopPostgresOf(dataDir: string): Promise<void> {
  let pid: number;
  try {
    pid = Number((await readFile(path.join(dataDir, "postmaster.pid"), "utf8")).split("\n")[0]);
  } catch {
    return;
  }
  const ours = (): boolean => Number.isInteger(pid) && pid > 0 && commandLine(pid).includes(dataDir);
  if (!ours()) return;
  process.kill(pid, "SIGINT");
  const deadline = Date.now() + STOP_MS;
  while (ours() && Date.now() < deadline) await sleep(100);
  if (ours()) process.kill(pid, "SIGKILL");
}
