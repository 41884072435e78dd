import path from "node:path";
import { adminUrl, describe, serviceUrl } from "../describe";
import { writeHubConfig } from "../hub-config";
import { createInstance, readInstance, saveInstance, type Instance } from "../instance";
import { MissingPrerequisite } from "../machine/apt";
import { withLock } from "../machine/lock";
import { currentUser } from "../machine/os-user";
import { cachePaths } from "../machine/paths";
import { freePort } from "../machine/ports";
import { waitUntil } from "../machine/wait";
import { isReady, serviceExists } from "../native/services";
import { addonHash } from "../odoo/addon";
import { loginsAreReady, prepareLogins, type ScriptRunner } from "../odoo/logins";
import { scriptAnswer, scriptText } from "../odoo/script";
import { makeQueueRole } from "../postgres/roles";
import { CONTAINERS, writeStack, type ServiceName, type StackState } from "../state";
import type { UpOptions } from "../up";
import { findCompose } from "./compose";
import { Project } from "./project";

/** The first start pulls images and installs every module. */
const FIRST_START_SECONDS = 1800;
const READY_MS = 60_000;

/** Bring the stack up as containers. What this call created is removed again when a later step fails or is interrupted. */
export async function upDocker(options: UpOptions): Promise<StackState> {
  const { name, progress, signal } = options;
  return await withLock(
    `${cachePaths.stack(name)}.lock`,
    async () => {
      const instance = (await readInstance(name)) ?? (await createInstance(name, options.demoData, currentUser()));
      const project = await openProject(instance);
      const before = await runningContainers(project);
      try {
        return await start(project, instance, options, before);
      } catch (error) {
        if (before.length === 0) await project.run(["down"], { allowFailure: true });
        throw error;
      }
    },
    { signal, onWait: (owner) => progress.note(`waiting for process ${owner}, which works on the same stack`) },
  );
}

async function start(
  project: Project,
  instance: Instance,
  options: UpOptions,
  before: readonly string[],
): Promise<StackState> {
  const { progress, signal } = options;
  for (const name of CONTAINERS) {
    if (!before.includes(name)) instance.ports[name] = await freePort(instance.ports[name]);
  }
  if (!before.includes("sidecar")) instance.doorPort = await freePort(instance.doorPort);
  await saveInstance(instance);
  await project.writeSecrets();
  const startAndWait = async (title: string, services: string[], extra: string[] = []): Promise<void> => {
    const wait = ["--wait", "--wait-timeout", String(FIRST_START_SECONDS)];
    await progress.step(
      title,
      async () => void (await project.run(["up", "-d", ...wait, ...extra, ...services], { signal })),
    );
  };

  const hash = await addonHash();
  await startAndWait("Postgres", ["postgres"]);
  // Odoo reads the addon when it starts, and updates its data then.
  await startAndWait("Odoo", ["odoo"], instance.addonHash === hash ? [] : ["--force-recreate", "--no-deps"]);
  instance.addonHash = hash;
  const newKey = !loginsAreReady(instance);
  if (newKey) {
    const inOdoo: ScriptRunner = async <T>(script: string, input: object) => {
      const shell = ["/entrypoint.sh", "odoo", "shell", "--database=odoo", "--no-http", "--log-level=warn"];
      const stdin = await scriptText(script, input);
      const { stdout } = await project.run(["exec", "-T", "odoo", ...shell], { input: stdin, signal });
      return scriptAnswer<T>(script, stdout);
    };
    await progress.step("Logins and API key", async () => await prepareLogins(inOdoo, instance, progress));
  }
  await saveInstance(instance);
  await project.writeSecrets();
  await makeQueueRole(adminUrl(instance), instance.passwords.queue);

  const state = describe(instance, "docker");
  for (const service of CONTAINERS) state.logs[service] = project.logCommand(service);
  const { databaseUuid } = instance;
  await writeHubConfig(state, { databaseUuid });
  const file = path.join(project.configDir, "hub.yaml");
  await writeHubConfig(state, { databaseUuid, file, sandboxUrl: "http://sandbox:8091", forContainer: true });
  if (serviceExists("sandbox")) await startAndWait("Sandbox systems", ["sandbox"], ["--build"]);
  else progress.note("sandbox systems: not there yet");
  if (!options.withSidecar) await project.run(["stop", "sidecar"], { allowFailure: true });
  else if (serviceExists("sidecar")) {
    // A new key makes the old one invalid, and the sidecar reads it when it starts.
    await startAndWait("Sidecar", ["sidecar"], ["--build", "--no-deps", ...(newKey ? ["--force-recreate"] : [])]);
  } else progress.note("sidecar: not there yet");
  await waitUntil(`Odoo on ${serviceUrl(instance, "odoo")}`, async () => await isReady(instance, "odoo"), {
    timeoutMs: READY_MS,
    signal,
  });
  await writeStack(state);
  return state;
}

/** Remove the containers; the volumes go only when `withData` is set. Returns what was running. */
export async function downDocker(name: string, withData = false): Promise<ServiceName[]> {
  const instance = await readInstance(name);
  if (!instance) return [];
  const project = await openProject(instance);
  const running = await runningContainers(project);
  await project.run(["down", ...(withData ? ["--volumes"] : [])]);
  return running;
}

/** The Compose project of a stack. */
export async function openProject(instance: Instance): Promise<Project> {
  const compose = await findCompose();
  if (!compose) throw new MissingPrerequisite("Docker answers, but Docker Compose 2 is missing. Install its plugin.");
  return new Project(compose, instance);
}

async function runningContainers(project: Project): Promise<ServiceName[]> {
  const { stdout } = await project.run(["ps", "--services", "--status", "running"]);
  return CONTAINERS.filter((name) => stdout.split("\n").includes(name));
}
