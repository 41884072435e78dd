import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, self, type ProcessIdentity } from "./proc";

const POLL_MS = 250;

/**
 * Run `work` while holding a lock file, so that two runs never build the same thing at once. A lock whose owner has died
 * (killed, or the machine went down) is taken over.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  options: { signal?: AbortSignal | undefined; onWait?: (owner: number) => void } = {},
): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true });
  let told = false;
  while (!(await tryTake(file))) {
    const owner = await readOwner(file);
    if (owner && !isAlive(owner)) {
      await breakLock(file, owner);
      continue;
    }
    if (owner && !told) options.onWait?.(owner.pid);
    told = true;
    await sleep(POLL_MS, undefined, options.signal ? { signal: options.signal } : {});
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryTake(file: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx", 0o644);
    await handle.writeFile(JSON.stringify(self()));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function readOwner(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as ProcessIdentity;
  } catch {
    return undefined; // just released, or not written yet
  }
}

/** Move the dead owner's file away first: of two waiters only one can, and a lock taken in between is put back. */
async function breakLock(file: string, dead: ProcessIdentity): Promise<void> {
  const aside = `${file}.broken-${process.pid}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const moved = await readOwner(aside);
  if (moved && (moved.pid !== dead.pid || moved.startTicks !== dead.startTicks)) await rename(aside, file);
  else await rm(aside, { force: true });
}
