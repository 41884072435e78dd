import { writeFile } from "node:fs/promises";
import path from "node:path";
import { addonExists } from "./addon";
import type { OdooSource } from "./source";
import { asUser, giveTo, type ServiceUser } from "../machine/os-user";
import { cachePaths } from "../machine/paths";
import { HOST } from "../machine/ports";
import { scriptAnswer, scriptText } from "./script";
import { run, type RunOptions, type RunResult } from "../machine/run";

/** The system's own interpreter: the packages Odoo needs are installed for that one, whatever PATH says. */
export const PYTHON = "/usr/bin/python3";

/** One Odoo installation with its folder: `odoo.conf`, `odoo-data/` and `addons/` are in `dir`. */
export interface OdooHome {
  source: OdooSource;
  user: ServiceUser;
  dir: string;
}

export interface OdooSettings {
  postgresPort: number;
  password: string;
  httpPort?: number;
  masterPassword?: string;
}

export const ODOO_ROLE = "odoo";
export const ODOO_DATABASE = "odoo";

export const addonsDir = (home: OdooHome): string => path.join(home.dir, "addons");
const configFile = (home: OdooHome): string => path.join(home.dir, "odoo.conf");

/** Write the configuration file; readable for the service user alone, since it holds passwords. */
export async function writeOdooConfig(home: OdooHome, settings: OdooSettings): Promise<void> {
  const options: Record<string, string | number> = {
    ...(addonExists() && { addons_path: addonsDir(home) }),
    ...(settings.masterPassword && { admin_passwd: settings.masterPassword }),
    ...(settings.httpPort && { http_port: settings.httpPort }),
    data_dir: path.join(home.dir, "odoo-data"),
    db_host: HOST,
    db_port: settings.postgresPort,
    db_user: ODOO_ROLE,
    db_password: settings.password,
    http_interface: HOST,
    list_db: "False",
  };
  const lines = Object.entries(options).map(([key, value]) => `${key} = ${value}`);
  await writeFile(configFile(home), `[options]\n${lines.join("\n")}\n`, { mode: 0o600 });
  await giveTo(home.user, configFile(home));
}

/** Arguments for the interpreter. One process without workers serves pages and the websocket on the same port. */
export function odooArgs(home: OdooHome, database: string, extra: readonly string[], command?: string): string[] {
  const program = [path.join(home.source.root, "usr/bin/odoo"), ...(command ? [command] : [])];
  const which = ["-c", configFile(home), "-d", database, `--db-filter=^${database}$`];
  return [...program, ...which, ...(command ? [] : ["--workers=0"]), ...extra];
}

/** A clean environment: nothing of the caller's Python set-up may leak into Odoo's. */
export function odooEnv(home: OdooHome, extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: home.dir,
    LANG: "C.UTF-8",
    TZ: "UTC",
    PYTHONPATH: path.join(home.source.root, "usr/lib/python3/dist-packages"),
    PYTHONPYCACHEPREFIX: cachePaths.pycache(),
    PYTHONUNBUFFERED: "1",
    ...extra,
  };
}

/** Run Odoo until it ends by itself, e.g. to install or to test modules. */
export async function runOdoo(
  home: OdooHome,
  database: string,
  extra: readonly string[],
  options: Pick<RunOptions, "signal" | "onLine" | "allowFailure"> = {},
): Promise<RunResult> {
  const args = odooArgs(home, database, ["--max-cron-threads=0", "--stop-after-init", ...extra]);
  return await run(PYTHON, args, { cwd: home.dir, env: odooEnv(home), ...asUser(home.user), ...options });
}

/** Run a script of the `python` folder inside Odoo, with `input` as its question and the JSON it prints as the answer. */
export async function runOdooScript<T>(
  home: OdooHome,
  script: string,
  input: object,
  signal?: AbortSignal,
): Promise<T> {
  const args = odooArgs(home, ODOO_DATABASE, ["--no-http", "--log-level=warn"], "shell");
  const stdin = await scriptText(script, input);
  const options = { cwd: home.dir, env: odooEnv(home), ...asUser(home.user) };
  const { stdout } = await run(PYTHON, args, { ...options, input: stdin, signal });
  return scriptAnswer<T>(script, stdout);
}

/** "Loading module crm (31/87)" becomes "crm (31/87)"; other lines say nothing about how far it is. */
export function moduleProgress(detail: (text: string) => void): (line: string) => void {
  return (line) => {
    const found = /Loading module (\S+ \(\d+\/\d+\))/.exec(line);
    if (found?.[1]) detail(found[1]);
  };
}
