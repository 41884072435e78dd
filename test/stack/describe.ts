import path from "node:path";
import { logFile, type Instance } from "./instance";
import { HOST } from "./machine/ports";
import { ODOO_DATABASE } from "./odoo/command";
import { ADMIN_LOGIN, SERVICE_LOGIN } from "./odoo/logins";
import { HUB_DATABASE, HUB_ROLE, QUEUE_ROLE } from "./postgres/roles";
import { postgresUrl, SUPERUSER } from "./postgres/server";
import type { LinkName, ServiceName, StackState } from "./state";

/** Where a service answers on this machine, however it runs. */
export const serviceUrl = (instance: Instance, name: ServiceName): string => `http://${HOST}:${instance.ports[name]}`;

/** Superuser on Odoo's database. */
export const adminUrl = (instance: Instance): string =>
  postgresUrl(instance.ports.postgres, SUPERUSER, instance.passwords.postgres, ODOO_DATABASE);

/** Configuration for a sidecar that runs on this machine. */
export const hubConfigFile = (instance: Instance): string => path.join(instance.dir, "hub.yaml");

/** What other code gets to know about a stack. */
export function describe(instance: Instance, mode: StackState["mode"]): StackState {
  const { name, dir, ports, passwords } = instance;
  return {
    name,
    mode,
    dir,
    odoo: {
      url: serviceUrl(instance, "odoo"),
      database: ODOO_DATABASE,
      login: ADMIN_LOGIN,
      password: passwords.admin,
      serviceLogin: SERVICE_LOGIN,
      serviceKey: instance.serviceKey?.key ?? null,
    },
    postgres: {
      adminUrl: adminUrl(instance),
      queueUrl: postgresUrl(ports.postgres, QUEUE_ROLE, passwords.queue, ODOO_DATABASE),
      hubUrl: postgresUrl(ports.postgres, HUB_ROLE, passwords.hub, HUB_DATABASE),
    },
    sidecar: {
      url: serviceUrl(instance, "sidecar"),
      adminToken: passwords.adminToken,
      configFile: hubConfigFile(instance),
      doorUrl: mode === "docker" ? "http://sidecar:8092" : `http://${HOST}:${instance.doorPort ?? 0}`,
    },
    sandbox: { url: serviceUrl(instance, "sandbox") },
    links: { url: serviceUrl(instance, "links") },
    logs: {
      postgres: logFile(instance, "postgres"),
      odoo: logFile(instance, "odoo"),
      sandbox: logFile(instance, "sandbox"),
      links: logFile(instance, "links"),
      sidecar: logFile(instance, "sidecar"),
    },
    pids: {},
  };
}

/** The same stack as the sidecar is to see it: whatever it talks to is reached over a link, which can be blocked or slowed. */
export function throughLinks(state: StackState, instance: Instance): StackState {
  const over = (url: string, link: LinkName): string => {
    const changed = new URL(url);
    changed.port = String(instance.linkPorts[link]);
    // An address of http ends in a slash that nobody wrote.
    return changed.toString().replace(/\/$/, "");
  };
  const { odoo, postgres, sandbox } = state;
  return {
    ...state,
    odoo: { ...odoo, url: over(odoo.url, "odoo-api") },
    postgres: {
      ...postgres,
      queueUrl: over(postgres.queueUrl, "postgres-queue"),
      hubUrl: over(postgres.hubUrl, "postgres-store"),
    },
    sandbox: { url: over(sandbox.url, "sandbox") },
  };
}
