import { chmod, mkdir } from "node:fs/promises";
import { ensureOdooSource, type OdooSource } from "./source";
import { ensureServiceUser, type ServiceUser } from "../machine/os-user";
import { cacheRoot } from "../machine/paths";
import { ensurePostgresBinaries, type PostgresBinaries } from "../postgres/binaries";
import type { Progress } from "../progress";

/** What every native step needs: the programs, the user that runs them, and who is watching. */
export interface Runtime {
  user: ServiceUser;
  source: OdooSource;
  binaries: PostgresBinaries;
  progress: Progress;
  signal?: AbortSignal;
}

/** Everything that is fetched or unpacked before anything can start. */
export async function ensureRuntime(progress: Progress, signal?: AbortSignal): Promise<Runtime> {
  // Whatever umask the caller has, the service user has to get through to the programs.
  process.umask(0o022);
  await mkdir(cacheRoot(), { recursive: true });
  await chmod(cacheRoot(), 0o755);
  const user = await ensureServiceUser();
  const binaries = await ensurePostgresBinaries(signal);
  const source = await ensureOdooSource(progress, signal);
  return { user, source, binaries, progress, ...(signal && { signal }) };
}
