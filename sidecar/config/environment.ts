import type { ConfigProblem } from "./config";
import { nearest } from "./nearest";
import { SETTINGS, settingAt, type Setting } from "./settings-catalogue";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment changed: the variable behind each dotted path, and what could not be used. */
export interface Overlay {
  variables: Map<string, string>;
  problems: ConfigProblem[];
  warnings: ConfigProblem[];
}

/** Names the command line, not a key. */
const COMMAND_LINE = new Set(["HUB_CONFIG"]);

/** `HUB_ODOO_`, `HUB_ADMIN_`…: what begins so was meant for a key. Other HUB_ variables may be anybody's. */
const GROUPS = [...new Set(SETTINGS.map((setting) => `HUB_${(setting.path.split(".")[0] ?? "").toUpperCase()}_`))];

const SYSTEM_VARIABLE = /^HUB_SYSTEMS_(.+?)_(CONNECTOR|NAME|ENABLED|BASE_URL|CONCURRENCY|SETTINGS_.+|CREDENTIALS_.+)$/;

/**
 * Lays the environment over the values of the file, in place. An empty variable counts as not set.
 * Names in `references` are variables that the file itself points at (`env:HUB_…`).
 */
export function applyEnvironment(
  values: Record<string, unknown>,
  environment: Environment,
  references: ReadonlySet<string>,
): Overlay {
  const overlay: Overlay = { variables: new Map(), problems: [], warnings: [] };
  for (const [variable, text] of Object.entries(environment).sort()) {
    if (!variable.startsWith("HUB_") || text === undefined || text === "") continue;
    const keys = keysOf(variable, values);
    const setting = keys && settingAt(keys);
    if (!keys || !setting) {
      if (!COMMAND_LINE.has(variable) && !references.has(variable)) overlay.warnings.push(...unknownVariable(variable));
      continue;
    }
    const value = convert(setting, text);
    if (value === undefined) {
      overlay.problems.push({
        code: "config_wrong_value",
        place: `environment ${variable}`,
        path: keys.join("."),
        reason: `"${setting.secret ? "***" : text}" is not a ${setting.type}.`,
        fix: `Set ${variable} to a ${setting.type}, or unset it.`,
      });
      continue;
    }
    put(values, keys, value);
    overlay.variables.set(keys.join("."), variable);
  }
  return overlay;
}

/** The dotted path a variable stands for, as parts; undefined when there is none. */
function keysOf(variable: string, values: Record<string, unknown>): string[] | undefined {
  const plain = SETTINGS.find((setting) => setting.env === variable);
  if (plain) return plain.path.split(".");
  const match = SYSTEM_VARIABLE.exec(variable);
  if (!match?.[1] || !match[2]) return undefined;
  const systems = asMap(values["systems"]);
  const code = sameName(Object.keys(systems), match[1]) ?? match[1].toLowerCase();
  const part = match[2];
  for (const group of ["SETTINGS", "CREDENTIALS"]) {
    if (!part.startsWith(`${group}_`)) continue;
    const name = part.slice(group.length + 1);
    const known = asMap(asMap(systems[code])[group.toLowerCase()]);
    return ["systems", code, group.toLowerCase(), sameName(Object.keys(known), name) ?? camelCase(name)];
  }
  return ["systems", code, part.toLowerCase()];
}

/** Names in files may be camelCase; in the environment they are upper case with or without underscores. */
function sameName(names: string[], wanted: string): string | undefined {
  const fold = (name: string): string => name.replaceAll("_", "").toLowerCase();
  return names.find((name) => fold(name) === fold(wanted));
}

/** `ACCESS_TOKEN` → `accessToken`, as connectors name their settings and credentials. */
function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function convert(setting: Setting, text: string): unknown {
  switch (setting.type) {
    case "string":
      return text;
    case "array":
      return text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "number":
    case "integer": {
      const value = Number(text);
      return Number.isFinite(value) && (setting.type === "number" || Number.isInteger(value)) ? value : undefined;
    }
  }
}

function put(values: Record<string, unknown>, keys: string[], value: unknown): void {
  let map = values;
  for (const key of keys.slice(0, -1)) {
    const below = asMap(Object.hasOwn(map, key) ? map[key] : undefined);
    map[key] = below;
    map = below;
  }
  const last = keys.at(-1);
  if (last !== undefined) map[last] = value;
}

function asMap(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function unknownVariable(variable: string): ConfigProblem[] {
  const close = nearest(
    variable,
    SETTINGS.map((setting) => setting.env),
  );
  if (!close && !GROUPS.some((group) => variable.startsWith(group))) return [];
  return [
    {
      code: "config_unknown_variable",
      place: `environment ${variable}`,
      path: variable,
      reason: "No configuration key has this environment name, so it changes nothing.",
      fix: close ? `Did you mean ${close}?` : "Remove it, or see sidecar/config/hub.example.yaml for the names.",
    },
  ];
}
