import { rm } from "node:fs/promises";
import { downNative, nativeDataDir, upNative } from "./native/up";
import type { Progress } from "./progress";
import { silent } from "./progress";
import { DEFAULT_STACK, forgetStack, type ServiceName, type StackState } from "./state";

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
  return await upNative(complete);
}

/** Stop what runs of a stack; its data stays for the next `up`. Returns what was stopped. */
export async function down(name = DEFAULT_STACK): Promise<ServiceName[]> {
  const stopped = await downNative(name);
  await forgetStack(name);
  return stopped;
}

/** Throw the stack's data away and bring it up from the template again. */
export async function reset(options: Partial<UpOptions> = {}): Promise<StackState> {
  const name = options.name ?? DEFAULT_STACK;
  await down(name);
  await rm(nativeDataDir(name), { recursive: true, force: true });
  return await up(options);
}
