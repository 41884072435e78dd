import path from "node:path";
import { logFile, type Instance } from "./instance";
import { HOST } from "./machine/ports";
import { ODOO_DATABASE } from "./odoo/command";
import { ADMIN_LOGIN, SERVICE_LOGIN } from "./odoo/logins";
import { HUB_DATABASE, HUB_ROLE, QUEUE_ROLE } from "./postgres/roles";
import { postgresUrl, SUPERUSER } from "./postgres/server";
import type { ServiceName, StackState } from "./state";

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
    },
    sandbox: { url: serviceUrl(instance, "sandbox") },
    logs: {
      postgres: logFile(instance, "postgres"),
      odoo: logFile(instance, "odoo"),
      sandbox: logFile(instance, "sandbox"),
      sidecar: logFile(instance, "sidecar"),
    },
    pids: {},
  };
}
