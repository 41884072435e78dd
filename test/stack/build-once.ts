import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { withLock } from "./lock";
import { stopPostgresOf } from "./postgres-reap";

/**
 * Make sure that the folder `target` exists, building it when it does not. It is built beside its place and moved there when
 * complete, so an interrupted run leaves nothing that looks finished; leftovers of such runs are swept first.
 */
export async function buildOnce(
  target: string,
  build: (into: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<string> {
  if (existsSync(target)) return target;
  const parent = path.dirname(target);
  await mkdir(parent, { recursive: true });
  await withLock(
    `${target}.lock`,
    async () => {
      if (existsSync(target)) return;
      await sweep(parent, `${path.basename(target)}.tmp-`);
      const into = `${target}.tmp-${process.pid}`;
      try {
        await mkdir(into);
        await build(into);
        await rename(into, target);
      } catch (error) {
        await rm(into, { recursive: true, force: true });
        throw error;
      }
    },
    { signal },
  );
  return target;
}

async function sweep(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const leftover = path.join(parent, name);
    await stopPostgresOf(path.join(leftover, "pgdata"));
    await rm(leftover, { recursive: true, force: true });
  }
}
