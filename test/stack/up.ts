import { rm } from "node:fs/promises";
import { engineAnswers, findCompose } from "./docker/compose";
import { downDocker, upDocker } from "./docker/up";
import { debianCodename, MissingPrerequisite } from "./machine/apt";
import { cachePaths } from "./machine/paths";
import { downNative, upNative } from "./native/up";
import { silent, type Progress } from "./progress";
import { DEFAULT_STACK, findStack, forgetStack, type ServiceName, type StackState } from "./state";

export interface UpOptions {
  /** Stacks of different names live side by side; tests use one of their own. */
  name: string;
  /** Leave it to the caller to run a sidecar, e.g. to stop and kill it. */
  withSidecar: boolean;
  /** Counts when the stack's data is created; an existing stack keeps what it has. */
  demoData: boolean;
  progress: Progress;
  signal?: AbortSignal;
}

/** Bring a stack up, or what of it is not running. Safe to repeat. */
export async function up(options: Partial<UpOptions> = {}): Promise<StackState> {
  const complete = { name: DEFAULT_STACK, withSidecar: true, demoData: true, progress: silent, ...options };
  return (await modeOf(complete.name)) === "docker" ? await upDocker(complete) : await upNative(complete);
}

/** Stop what runs of a stack; its data stays for the next `up`. Returns what was stopped. */
export async function down(name = DEFAULT_STACK): Promise<ServiceName[]> {
  const stopped = (await modeOf(name)) === "docker" ? await downDocker(name) : await downNative(name);
  await forgetStack(name);
  return stopped;
}

/** Throw the stack's data away and bring it up from the template again. */
export async function reset(options: Partial<UpOptions> = {}): Promise<StackState> {
  const name = options.name ?? DEFAULT_STACK;
  if ((await modeOf(name)) === "docker") await downDocker(name, true);
  else await downNative(name);
  await forgetStack(name);
  await rm(cachePaths.stack(name), { recursive: true, force: true });
  return await up(options);
}

/**
 * Containers where an engine answers, processes on Debian otherwise. A stack that is up stays what it is. `HUB_STACK_MODE`
 * decides for itself, e.g. to run natively beside Docker.
 */
export async function modeOf(name: string): Promise<StackState["mode"]> {
  const known = findStack(name)?.mode;
  if (known) return known;
  const wanted = process.env["HUB_STACK_MODE"];
  if (wanted === "docker" || wanted === "native") return wanted;
  if (wanted) throw new MissingPrerequisite(`HUB_STACK_MODE is "${wanted}"; it can be docker or native.`);
  if ((await engineAnswers()) && (await findCompose())) return "docker";
  if (await debianCodename()) return "native";
  throw new MissingPrerequisite(
    "A stack needs Docker with Compose 2, or Debian with apt.\n" +
      "Install and start Docker (https://docs.docker.com/get-docker/), then try again.",
  );
}
