import { existsSync } from "node:fs";
import type { Config } from "../config/config";
import { loadConfig } from "../config/load";

/** Looked for when neither --config nor HUB_CONFIG names a file. */
const DEFAULT_FILE = "hub.yaml";

/** The configuration a command works with: --config, else HUB_CONFIG, else ./hub.yaml, else the environment alone. */
export function configurationFor(option: string | undefined): Config {
  const named = option ?? process.env["HUB_CONFIG"];
  return loadConfig(named ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : null));
}
