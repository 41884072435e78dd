import { blockDocker, killDocker, restartDocker } from "./docker/disturb";
import { blockNative, killNative, restartNative, slowNative } from "./native/disturb";
import type { Progress } from "./progress";
import { LINKS, type LinkName } from "./state";
import { modeOf } from "./up";

/** What can be killed and restarted. */
export const BREAKABLE = ["postgres", "odoo", "sandbox", "sidecar"] as const;
export type Breakable = (typeof BREAKABLE)[number];

/**
 * What can be blocked or slowed for the sidecar: a link, or all links to a service. The sidecar itself is blocked by freezing it, so that its
 * leases run out while it believes to hold them.
 */
export const WAYS = [...BREAKABLE, ...(Object.keys(LINKS) as LinkName[]).filter((link) => link !== "sandbox")] as const;
export type Way = Breakable | LinkName;

export interface RestartOptions {
  progress: Progress;
  signal?: AbortSignal;
  /** Postgres: without a shutdown's tidying up, so that it has to recover from its log. */
  immediate?: boolean;
}

/** End a service as a power cut would (SIGKILL, with its helpers). `restart` or `up` starts it again. */
export async function kill(name: string, service: Breakable): Promise<void> {
  await ((await modeOf(name)) === "docker" ? killDocker(name, service) : killNative(name, service));
}

/** Stop a service and start it again; resolves when it is ready. */
export async function restart(name: string, service: Breakable, options: RestartOptions): Promise<void> {
  if ((await modeOf(name)) === "docker") await restartDocker(name, service, options.immediate ?? false);
  else await restartNative(name, service, options);
}

/** Let nothing pass any more: connections stay open and hang. */
export async function block(name: string, way: Way): Promise<void> {
  await ((await modeOf(name)) === "docker" ? blockDocker(name, way, true) : blockNative(name, way, true));
}

/** Let everything pass again. */
export async function unblock(name: string, way: Way): Promise<void> {
  await ((await modeOf(name)) === "docker" ? blockDocker(name, way, false) : blockNative(name, way, false));
}

/** Make every round trip take so many milliseconds longer; 0 for as fast as it is. */
export async function slow(name: string, way: Way, delayMs: number): Promise<void> {
  if ((await modeOf(name)) === "docker")
    throw new Error("With containers nothing can be slowed; run the stack as processes (HUB_STACK_MODE=native).");
  await slowNative(name, way, delayMs);
}
