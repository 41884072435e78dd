import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { stateFile } from "./machine/paths";

export const DEFAULT_STACK = "stack";

/** Programs of a stack, in the order they start; they stop the other way round. */
export const SERVICES = ["postgres", "odoo", "sandbox", "links", "sidecar"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Those that run as containers too. The links between them are there for processes only. */
export const CONTAINERS = SERVICES.filter((name) => name !== "links");

/** The ways from the sidecar to what it talks to, each with the service at its end. */
export const LINKS = {
  "odoo-api": "odoo",
  "postgres-queue": "postgres",
  "postgres-store": "postgres",
  sandbox: "sandbox",
} as const satisfies Record<string, ServiceName>;
export type LinkName = keyof typeof LINKS;

/**
 * Everything other code needs to use a running stack; written to `.stack/<name>.json`. Addresses are fixed for the life of
 * a stack, so they are there even for a program that was not started: `pids` tells which ones were.
 */
export interface StackState {
  name: string;
  mode: "native" | "docker";
  /** Where the stack keeps its data. */
  dir: string;
  odoo: {
    url: string;
    database: string;
    login: string;
    password: string;
    /** The user the sidecar works as, and its API key; no key while the addon does not create that user. */
    serviceLogin: string;
    serviceKey: string | null;
  };
  postgres: {
    /** Superuser, on Odoo's database. */
    adminUrl: string;
    /** The role that may call the queue's functions and nothing else, on Odoo's database. */
    queueUrl: string;
    /** Owner of the sidecar's own database. */
    hubUrl: string;
  };
  sidecar: {
    url: string;
    adminToken: string;
    configFile: string;
    /** Where the sandbox posts webhooks, `<doorUrl>/webhooks/<system>`. */
    doorUrl: string;
  };
  sandbox: { url: string };
  /** Controls the links: `GET /`, `PUT /<name>` with `blocked` and `delayMs`. Processes only. */
  links: { url: string };
  /** Files; of containers, the commands that show the logs. */
  logs: Record<ServiceName, string>;
  /** Of what was started, as far as it is a process of this machine. */
  pids: Partial<Record<ServiceName, number>>;
}

/** No stack of this name was brought up from this checkout. */
export class NoStack extends Error {
  constructor(name: string) {
    super(
      `There is no stack "${name}". Bring it up with: npm run stack -- up${name === DEFAULT_STACK ? "" : ` --name ${name}`}`,
    );
    this.name = "NoStack";
  }
}

/** The stack as last written by `up`. Says nothing about whether its programs still run. */
export function readStack(name = DEFAULT_STACK): StackState {
  const file = stateFile(name);
  if (!existsSync(file)) throw new NoStack(name);
  return JSON.parse(readFileSync(file, "utf8")) as StackState;
}

/** The same, or undefined where there is none. */
export function findStack(name = DEFAULT_STACK): StackState | undefined {
  return existsSync(stateFile(name)) ? readStack(name) : undefined;
}

/** Readable for its owner alone: it holds every password of the stack. */
export async function writeStack(state: StackState): Promise<void> {
  const file = stateFile(state.name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.tmp`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

export async function forgetStack(name: string): Promise<void> {
  await rm(stateFile(name), { force: true });
}
