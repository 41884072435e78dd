import { existsSync } from "node:fs";
import path from "node:path";
import { logFile, type Instance } from "../instance";
import { ODOO_DATABASE, odooArgs, odooEnv, PYTHON, type OdooHome } from "../odoo/command";
import { asUser } from "../machine/os-user";
import { repoRoot } from "../machine/paths";
import { hubConfigFile, serviceUrl } from "../describe";
import { stopPostgresOf } from "../postgres/reap";
import { acceptsConnections, postgresArgs, postgresUrl, SUPERUSER } from "../postgres/server";
import { logTail } from "../machine/log-tail";
import { runningService, startService, type ServiceSpec } from "./processes";
import type { Runtime } from "../odoo/runtime";
import { LINKS, type LinkName, type ServiceName } from "../state";
import { answersOk, waitUntil } from "../machine/wait";

const READY_MS = 60_000;

const SANDBOX_PROGRAM = path.join(repoRoot, "test", "sandbox", "main.ts");
const LINKS_PROGRAM = path.join(repoRoot, "test", "stack", "links", "main.ts");
const SIDECAR_PROGRAM = path.join(repoRoot, "sidecar", "bin", "hub.js");

/** Whether the program of a service is there; the stack can be used before all of them are written. */
export function serviceExists(name: ServiceName): boolean {
  if (name === "sandbox") return existsSync(SANDBOX_PROGRAM);
  if (name === "sidecar") return existsSync(SIDECAR_PROGRAM);
  return true;
}

/** What proves that a service does its work. */
export async function isReady(instance: Instance, name: ServiceName): Promise<boolean> {
  switch (name) {
    case "postgres": {
      const { ports, passwords } = instance;
      return await acceptsConnections(postgresUrl(ports.postgres, SUPERUSER, passwords.postgres, "postgres"));
    }
    case "odoo":
      return await answersOk(`${serviceUrl(instance, name)}/web/login`);
    case "sandbox":
      return await answersOk(`${serviceUrl(instance, name)}/_sandbox/health`);
    case "links":
      return await answersOk(`${serviceUrl(instance, name)}/`);
    case "sidecar":
      return await answersOk(`${serviceUrl(instance, name)}/readyz`);
  }
}

/** Start one service unless it runs, and wait until it is ready. True when it was this call that started it. */
export async function bringUp(runtime: Runtime, instance: Instance, spec: ServiceSpec): Promise<boolean> {
  const { name } = spec;
  const running = await runningService(instance.dir, name);
  if (!running) {
    // A run killed between start and pid file leaves a server that only Postgres's own pid file knows.
    if (name === "postgres") await stopPostgresOf(spec.marker);
    await startService(instance.dir, spec);
  }
  let ended = false;
  await waitUntil(
    `${name} on port ${instance.ports[name]}`,
    async () => {
      ended = (await runningService(instance.dir, name)) === undefined;
      return !ended && (await isReady(instance, name));
    },
    {
      timeoutMs: READY_MS,
      gaveUp: () => (ended ? `it ended. The end of ${spec.logFile}:\n${logTail(spec.logFile)}` : undefined),
      signal: runtime.signal,
    },
  );
  return !running;
}

export function postgresService(runtime: Runtime, instance: Instance): ServiceSpec {
  const dataDir = path.join(instance.dir, "pgdata");
  return {
    name: "postgres",
    command: runtime.binaries.postgres,
    args: postgresArgs(dataDir, instance.ports.postgres),
    cwd: instance.dir,
    env: { LANG: "C.UTF-8", TZ: "UTC", HOME: instance.dir },
    logFile: logFile(instance, "postgres"),
    marker: dataDir,
    ...asUser(runtime.user),
  };
}

export function odooService(runtime: Runtime, instance: Instance, home: OdooHome): ServiceSpec {
  return {
    name: "odoo",
    command: PYTHON,
    args: odooArgs(home, ODOO_DATABASE, ["--max-cron-threads=1"]),
    cwd: instance.dir,
    env: odooEnv(home),
    logFile: logFile(instance, "odoo"),
    marker: path.join(instance.dir, "odoo.conf"),
    ...asUser(runtime.user),
  };
}

/** The sandbox and the sidecar run from the checkout, so they run as whoever owns it. */
export function sandboxService(instance: Instance): ServiceSpec {
  const port = String(instance.ports.sandbox);
  return {
    name: "sandbox",
    command: process.execPath,
    args: ["--import", "tsx", SANDBOX_PROGRAM, "--port", port, "--state", path.join(instance.dir, "sandbox.json")],
    cwd: repoRoot,
    env: process.env,
    logFile: logFile(instance, "sandbox"),
    marker: `${SANDBOX_PROGRAM} --port ${port}`,
  };
}

/** The ways from the sidecar to the others. Its command line says them all, so a changed port makes another program of it. */
export function linksService(instance: Instance): ServiceSpec {
  const ways = (Object.entries(LINKS) as [LinkName, ServiceName][]).map(
    ([link, service]) => `${link}=${instance.linkPorts[link]}:${instance.ports[service]}`,
  );
  const args = [LINKS_PROGRAM, "--control", String(instance.ports.links), ...ways];
  return {
    name: "links",
    command: process.execPath,
    args: ["--import", "tsx", ...args],
    cwd: repoRoot,
    env: process.env,
    logFile: logFile(instance, "links"),
    marker: args.join(" "),
  };
}

export function sidecarService(instance: Instance): ServiceSpec {
  const config = hubConfigFile(instance);
  return {
    name: "sidecar",
    command: process.execPath,
    args: [SIDECAR_PROGRAM, "serve", "--config", config],
    cwd: repoRoot,
    env: process.env,
    logFile: logFile(instance, "sidecar"),
    marker: config,
  };
}
