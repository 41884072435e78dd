import { readInstance } from "../instance";
import { NoStack } from "../state";
import type { Breakable, Way } from "../disturb";
import type { Project } from "./project";
import { openProject } from "./up";

const WAIT = ["--wait", "--wait-timeout", "120"];

export async function killDocker(name: string, service: Breakable): Promise<void> {
  await (await projectOf(name)).run(["kill", service]);
}

/** Stops and starts the container, or starts one that was killed; resolves when it is healthy. */
export async function restartDocker(name: string, service: Breakable, immediate: boolean): Promise<void> {
  const project = await projectOf(name);
  if (immediate) await project.run(["kill", "--signal", "SIGQUIT", service], { allowFailure: true });
  await project.run(["restart", service]);
  await project.run(["up", "-d", "--no-recreate", "--no-deps", ...WAIT, service]);
}

/** A paused container keeps its connections and says nothing. It is paused for everybody, not for the sidecar alone. */
export async function blockDocker(name: string, way: Way, blocked: boolean): Promise<void> {
  await (await projectOf(name)).run([blocked ? "pause" : "unpause", containerOf(way)]);
}

/** A container is one; what it serves to the sidecar cannot be told apart. */
function containerOf(way: Way): string {
  if (way === "postgres" || way === "odoo" || way === "sandbox" || way === "sidecar") return way;
  const whole = way.startsWith("postgres") ? "postgres" : "odoo";
  throw new Error(
    `With containers only whole services can be blocked: block ${whole}, or run the stack as processes (HUB_STACK_MODE=native).`,
  );
}

async function projectOf(name: string): Promise<Project> {
  const instance = await readInstance(name);
  if (!instance) throw new NoStack(name);
  return await openProject(instance);
}
