import { writeHubConfig } from "../hub-config";
import { createInstance, freeLinkPorts, readInstance, saveInstance, type Instance } from "../instance";
import { withLock } from "../machine/lock";
import { loginsAreReady, prepareLogins, type ScriptRunner } from "../odoo/logins";
import { adminUrl, describe, serviceUrl, throughLinks } from "../describe";
import { addonChanged, ensureData, setBaseUrl, updateAddon } from "./data";
import {
  bringUp,
  linksService,
  odooService,
  postgresService,
  sandboxService,
  serviceExists,
  sidecarService,
} from "./services";
import { runOdooScript, writeOdooConfig, type OdooHome } from "../odoo/command";
import { cachePaths } from "../machine/paths";
import { commandLine } from "../machine/proc";
import { freePort } from "../machine/ports";
import { runningService, stopService, type ServiceSpec } from "./processes";
import { makeQueueRole } from "../postgres/roles";
import { ensureRuntime, type Runtime } from "../odoo/runtime";
import { SERVICES, writeStack, type ServiceName, type StackState } from "../state";
import type { UpOptions } from "../up";

/** Bring the stack up as plain processes. What was started is stopped again when a later step fails or is interrupted. */
export async function upNative(options: UpOptions): Promise<StackState> {
  const { name, progress, signal } = options;
  return await withLock(
    `${cachePaths.stack(name)}.lock`,
    async () => {
      const runtime = await ensureRuntime(progress, signal);
      const instance = (await readInstance(name)) ?? (await createInstance(name, options.demoData, runtime.user));
      const started: ServiceName[] = [];
      try {
        return await start(runtime, instance, options, started);
      } catch (error) {
        for (const service of started.reverse()) await stopService(instance.dir, service);
        throw error;
      }
    },
    { signal, onWait: (owner) => progress.note(`waiting for process ${owner}, which works on the same stack`) },
  );
}

async function start(
  runtime: Runtime,
  instance: Instance,
  options: UpOptions,
  started: ServiceName[],
): Promise<StackState> {
  const { progress } = runtime;
  const bring = async (title: string, spec: ServiceSpec): Promise<void> => {
    if (!(await runningService(instance.dir, spec.name))) started.push(spec.name);
    await progress.step(title, async () => void (await bringUp(runtime, instance, spec)));
  };
  await choosePorts(instance);
  await ensureData(runtime, instance);
  await saveInstance(instance);
  await bring("Postgres", postgresService(runtime, instance));

  const home: OdooHome = { source: runtime.source, user: runtime.user, dir: instance.dir };
  const needsLogins = !loginsAreReady(instance);
  if (await addonChanged(instance))
    for (const name of ["sidecar", "odoo"] as const) await stopService(instance.dir, name);
  await writeOdooConfig(home, {
    postgresPort: instance.ports.postgres,
    password: instance.passwords.odoo,
    httpPort: instance.ports.odoo,
    masterPassword: instance.passwords.master,
  });
  await updateAddon(runtime, instance, home);
  if (needsLogins) {
    // A new key makes the old one invalid, and the sidecar reads it when it starts.
    await stopService(instance.dir, "sidecar");
    const inOdoo: ScriptRunner = async (script, input) => await runOdooScript(home, script, input, runtime.signal);
    await progress.step("Logins and API key", async () => await prepareLogins(inOdoo, instance, progress));
    await saveInstance(instance);
  }
  await setBaseUrl(instance, serviceUrl(instance, "odoo"));
  const granted = await makeQueueRole(adminUrl(instance), instance.passwords.queue);
  if (!granted) progress.note("no queue to grant yet: the addon has not installed its schema");
  await bring("Odoo", odooService(runtime, instance, home));

  const state = describe(instance, "native");
  await writeHubConfig(throughLinks(state, instance), { databaseUuid: instance.databaseUuid });
  if (serviceExists("sandbox")) await bring("Sandbox systems", sandboxService(instance));
  else progress.note("sandbox systems: not there yet");
  await bring("Links", await freshLinks(instance));
  if (!options.withSidecar) await stopService(instance.dir, "sidecar");
  else if (serviceExists("sidecar")) await bring("Sidecar", sidecarService(instance));
  else progress.note("sidecar: not there yet");

  for (const name of SERVICES) {
    const running = await runningService(instance.dir, name);
    if (running) state.pids[name] = running.pid;
  }
  await writeStack(state);
  return state;
}

/** Ports stay what they were unless somebody else took one while the stack was down. */
async function choosePorts(instance: Instance): Promise<void> {
  for (const name of SERVICES) {
    if (await runningService(instance.dir, name)) continue;
    instance.ports[name] = await freePort(instance.ports[name]);
    if (name === "sidecar") instance.doorPort = await freePort(instance.doorPort);
    if (name === "links") instance.linkPorts = await freeLinkPorts(instance.linkPorts);
  }
}

/** Links lead to fixed ports: those of a service that has moved are stopped, to start anew. */
async function freshLinks(instance: Instance): Promise<ServiceSpec> {
  const spec = linksService(instance);
  const running = await runningService(instance.dir, "links");
  if (running && !commandLine(running.pid).includes(spec.marker)) await stopService(instance.dir, "links");
  return spec;
}

/** Stop the processes of a stack, the ones that depend on others first. Its data stays. */
export async function downNative(name: string): Promise<ServiceName[]> {
  const dir = cachePaths.stack(name);
  const stopped: ServiceName[] = [];
  for (const service of [...SERVICES].reverse()) if (await stopService(dir, service)) stopped.push(service);
  return stopped;
}
