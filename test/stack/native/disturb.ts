import { logFile, readInstance, type Instance } from "../instance";
import { withLock } from "../machine/lock";
import { cachePaths } from "../machine/paths";
import { ensureRuntime, type Runtime } from "../odoo/runtime";
import { serviceUrl } from "../describe";
import { findStack, LINKS, NoStack, writeStack, type LinkName } from "../state";
import type { Breakable, RestartOptions, Way } from "../disturb";
import { freezeService, killService, runningService, stopService, type ServiceSpec } from "./processes";
import { bringUp, odooService, postgresService, sandboxService, sidecarService } from "./services";

const ANSWER_MS = 5_000;

export async function killNative(name: string, service: Breakable): Promise<void> {
  const instance = await instanceOf(name);
  if (!(await killService(instance.dir, service))) throw new Error(`${service} does not run.`);
}

/** Stops the service, unless it was killed before, and starts it; resolves when it is ready. */
export async function restartNative(name: string, service: Breakable, options: RestartOptions): Promise<void> {
  const { progress, signal } = options;
  const instance = await instanceOf(name);
  await withLock(
    `${cachePaths.stack(name)}.lock`,
    async () => {
      const runtime = await ensureRuntime(progress, signal);
      // Postgres breaks off its clients either way; SIGQUIT leaves it to recover from its log, as after a crash.
      await stopService(instance.dir, service, options.immediate ? "SIGQUIT" : undefined);
      await bringUp(runtime, instance, specOf(runtime, instance, service));
      await notePid(name, instance, service);
    },
    { signal },
  );
}

export async function blockNative(name: string, way: Way, blocked: boolean): Promise<void> {
  const instance = await instanceOf(name);
  if (way === "sidecar") {
    if (!(await freezeService(instance.dir, way, blocked))) throw new Error("sidecar does not run.");
    return;
  }
  for (const link of linksOf(way)) await change(instance, link, { blocked });
}

export async function slowNative(name: string, way: Way, delayMs: number): Promise<void> {
  if (way === "sidecar") throw new Error("The sidecar itself cannot be slowed; the ways to the others can.");
  const instance = await instanceOf(name);
  for (const link of linksOf(way)) await change(instance, link, { delayMs });
}

/** A service's name stands for every link to it. */
function linksOf(way: Exclude<Way, "sidecar">): LinkName[] {
  return (Object.keys(LINKS) as LinkName[]).filter((link) => link === way || LINKS[link] === way);
}

async function change(instance: Instance, link: LinkName, state: object): Promise<void> {
  const url = `${serviceUrl(instance, "links")}/${link}`;
  const body = JSON.stringify(state);
  let answer: Response;
  try {
    answer = await fetch(url, { method: "PUT", body, signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (cause) {
    throw new Error(`The links do not answer; see ${logFile(instance, "links")}.`, { cause });
  }
  if (!answer.ok) throw new Error(`The links refused: ${await answer.text()}`);
}

function specOf(runtime: Runtime, instance: Instance, service: Breakable): ServiceSpec {
  switch (service) {
    case "postgres":
      return postgresService(runtime, instance);
    case "odoo":
      return odooService(runtime, instance, { source: runtime.source, user: runtime.user, dir: instance.dir });
    case "sandbox":
      return sandboxService(instance);
    case "sidecar":
      return sidecarService(instance);
  }
}

async function notePid(name: string, instance: Instance, service: Breakable): Promise<void> {
  const state = findStack(name);
  const running = await runningService(instance.dir, service);
  if (state && running) await writeStack({ ...state, pids: { ...state.pids, [service]: running.pid } });
}

async function instanceOf(name: string): Promise<Instance> {
  const instance = await readInstance(name);
  if (!instance || !findStack(name)) throw new NoStack(name);
  return instance;
}
