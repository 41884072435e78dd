import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { withLock } from "./lock";

/**
 * Make sure that the folder `target` exists, building it when it does not. It is built beside its place and moved there when
 * complete, so an interrupted run leaves nothing that looks finished; leftovers of such runs are swept first, after
 * `reap` has stopped what may still run in them.
 */
export async function buildOnce(
  target: string,
  build: (into: string) => Promise<void>,
  options: { signal?: AbortSignal | undefined; reap?: (leftover: string) => Promise<void> } = {},
): Promise<string> {
  if (existsSync(target)) return target;
  const parent = path.dirname(target);
  await mkdir(parent, { recursive: true });
  await withLock(
    `${target}.lock`,
    async () => {
      if (existsSync(target)) return;
      for (const name of await readdir(parent)) {
        if (!name.startsWith(`${path.basename(target)}.tmp-`)) continue;
        await options.reap?.(path.join(parent, name));
        await rm(path.join(parent, name), { recursive: true, force: true, maxRetries: 5 });
      }
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
    { signal: options.signal },
  );
  return target;
}
