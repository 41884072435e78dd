import path from "node:path";
import type { Config, ConfigProblem, SystemConfig } from "./config";
import { ConfigError } from "./config-error";
import { applyEnvironment, type Environment } from "./environment";
import { parseConfigText, readConfigFile, type ConfigFile } from "./file";
import { resolveSecret } from "./secrets";
import { settingAt } from "./settings-catalogue";
import { validateValues } from "./validate";

/** The mappings that come with the hub, next to `sidecar/` (or to `dist/sidecar/` once built). */
export function bundledMappings(): string {
  const above = path.resolve(__dirname, "..", "..");
  return path.join(path.basename(above) === "dist" ? path.dirname(above) : above, "mappings");
}

/**
 * Loads file and environment into a checked configuration. Throws `ConfigError` with every problem found, each with
 * its place, path, reason and fix. Without a file everything comes from the environment.
 */
export function loadConfig(file: string | null, environment: Environment = process.env): Config {
  const source = file === null ? parseConfigText("", "(no file)", process.cwd()) : readConfigFile(file);
  return buildConfig(source, file, environment);
}

/** The steps from parsed file to configuration; separate from reading so that it can be given text. */
export function buildConfig(source: ConfigFile, file: string | null, environment: Environment): Config {
  const values = source.values;
  const overlay = applyEnvironment(values, environment, referencedVariables(values));
  const placeOf = (keys: readonly string[]): string => {
    const variable = overlay.variables.get(keys.join("."));
    return variable ? `environment ${variable}` : source.placeOf(keys);
  };

  const problems = [...overlay.problems, ...validateValues(values, placeOf)];
  const warnings = [...overlay.warnings];
  if (problems.length === 0) {
    resolveSecrets(values, [], (keys, text, kind) => {
      const reference = {
        keys,
        text,
        kind,
        place: placeOf(keys),
        fromEnvironment: overlay.variables.has(keys.join(".")),
      };
      const resolved = resolveSecret(reference, { environment, folder: source.folder });
      if ("problem" in resolved) problems.push(resolved.problem);
      else {
        if (resolved.warning) warnings.push(resolved.warning);
        return resolved.value;
      }
      return "";
    });
  }
  if (problems.length === 0) problems.push(...contradictions(values as unknown as Values, placeOf));
  if (problems.length > 0) throw new ConfigError(problems);
  return shape(values as unknown as Values, file, source.folder, warnings);
}

/** The file's own form after validation, in the file's names. */
interface Values {
  odoo: {
    url: string;
    database: string;
    database_uuid?: string;
    protocol: "json2" | "jsonrpc";
    login?: string;
    api_key?: string;
    transport: "postgres" | "api";
    queue_url?: string;
    timeout_seconds: number;
  };
  store: { url?: string; key?: string };
  admin: { host: string; port: number; token?: string };
  inbound: {
    host: string;
    port?: number;
    public_url?: string;
    proxies: number;
    max_body_kb: number;
    max_per_second: number;
    poll_minutes: number;
    sweep_hours: number;
  };
  mappings: { dirs?: string[] };
  systems: Record<string, SystemValues>;
  delivery: {
    lease_seconds: number;
    claim_size: number;
    max_in_flight: number;
    poll_ms: number;
    stop_seconds: number;
    reap_seconds: number;
  };
  log: { level: string };
  telemetry: { otlp_endpoint?: string };
}

interface SystemValues {
  connector?: string;
  name?: string;
  enabled: boolean;
  base_url?: string;
  settings: Record<string, string | number | boolean>;
  credentials: Record<string, string>;
  concurrency?: number;
}

type Replace = (keys: string[], text: string, kind: "value" | "postgres-url") => string;

/** Walks the values and replaces every reference to a secret by the secret. */
function resolveSecrets(node: unknown, keys: string[], replace: Replace): void {
  if (typeof node !== "object" || node === null || Array.isArray(node)) return;
  const map = node as Record<string, unknown>;
  for (const [key, value] of Object.entries(map)) {
    const path = [...keys, key];
    const secret = settingAt(path)?.secret;
    if (secret && typeof value === "string") map[key] = replace(path, value, secret);
    else resolveSecrets(value, path, replace);
  }
}

function referencedVariables(node: unknown): Set<string> {
  if (typeof node === "string") return new Set(node.startsWith("env:") ? [node.slice(4)] : []);
  if (typeof node !== "object" || node === null) return new Set();
  return new Set(Object.values(node).flatMap((value) => [...referencedVariables(value)]));
}

/** Keys that are fine alone and not together. */
function contradictions(values: Values, placeOf: (keys: readonly string[]) => string): ConfigProblem[] {
  const { odoo, admin, inbound, store } = values;
  const missing = (keys: string[], because: string, env: string): ConfigProblem => ({
    code: "config_missing_key",
    place: placeOf(keys),
    path: keys.join("."),
    reason: `"${keys.at(-1)}" is missing: ${because}.`,
    fix: `Add "${keys.at(-1)}: env:NAME" to the file, or set ${env}.`,
  });
  const problems: ConfigProblem[] = [];
  if (odoo.transport === "postgres" && !odoo.queue_url) {
    problems.push(missing(["odoo", "queue_url"], "transport postgres reaches the queue by it", "HUB_ODOO_QUEUE_URL"));
  }
  if (odoo.transport === "api" && !odoo.api_key) {
    problems.push(missing(["odoo", "api_key"], "transport api reaches the queue with it", "HUB_ODOO_API_KEY"));
  }
  if (odoo.protocol === "json2" && odoo.api_key !== undefined && !/^[\x21-\x7e]+$/.test(odoo.api_key)) {
    problems.push({
      code: "config_wrong_value",
      place: placeOf(["odoo", "api_key"]),
      path: "odoo.api_key",
      reason: "The key holds a space, a line break or another character that no key of Odoo's has.",
      fix: "Copy the key again, without anything around it; Odoo shows it once, when it is made.",
    });
  }
  if (odoo.protocol === "jsonrpc" && !odoo.login) {
    problems.push({
      ...missing(["odoo", "login"], "protocol jsonrpc signs in with it", "HUB_ODOO_LOGIN"),
      fix: `Add "login: hub@example.com" to the file, or set HUB_ODOO_LOGIN.`,
    });
  }
  if (inbound.port !== undefined && !store.url) {
    problems.push(
      missing(["store", "url"], "what comes in by webhooks is kept in the hub's own database", "HUB_STORE_URL"),
    );
  }
  if (inbound.port !== undefined && !inbound.public_url) {
    problems.push({
      ...missing(["inbound", "public_url"], "vendors sign the address they call", "HUB_INBOUND_PUBLIC_URL"),
      fix: `Add "public_url: https://hub.example.com" to the file, or set HUB_INBOUND_PUBLIC_URL.`,
    });
  }
  if (store.key !== undefined && Buffer.from(store.key, "base64").length !== 32) {
    problems.push({
      code: "config_wrong_value",
      place: placeOf(["store", "key"]),
      path: "store.key",
      reason: "The key is not 32 bytes in base64.",
      fix: "Make one with: openssl rand -base64 32",
    });
  }
  if (admin.token !== undefined && admin.token.length < 16) {
    problems.push({
      code: "config_wrong_value",
      place: placeOf(["admin", "token"]),
      path: "admin.token",
      reason: "The token is shorter than 16 characters.",
      fix: "Make a longer one, for instance with: openssl rand -hex 24",
    });
  }
  return problems;
}

function shape(values: Values, file: string | null, folder: string, warnings: ConfigProblem[]): Config {
  const { odoo, delivery } = values;
  return {
    file,
    odoo: {
      url: odoo.url.replace(/\/+$/, ""),
      database: odoo.database,
      databaseUuid: odoo.database_uuid ?? null,
      protocol: odoo.protocol,
      login: odoo.login ?? null,
      apiKey: odoo.api_key ?? null,
      transport: odoo.transport,
      queueUrl: odoo.queue_url ?? null,
      timeoutSeconds: odoo.timeout_seconds,
    },
    store: { url: values.store.url ?? null, key: values.store.key ?? null },
    admin: { host: values.admin.host, port: values.admin.port, token: values.admin.token ?? null },
    inbound: shapeInbound(values.inbound),
    polling: { minutes: values.inbound.poll_minutes, sweepHours: values.inbound.sweep_hours },
    mappings: { dirs: values.mappings.dirs?.map((dir) => path.resolve(folder, dir)) ?? [bundledMappings()] },
    systems: Object.entries(values.systems).map(([code, system]) => shapeSystem(code, system)),
    delivery: {
      leaseSeconds: delivery.lease_seconds,
      claimSize: delivery.claim_size,
      maxInFlight: delivery.max_in_flight,
      pollMs: delivery.poll_ms,
      stopSeconds: delivery.stop_seconds,
      reapSeconds: delivery.reap_seconds,
    },
    log: { level: values.log.level },
    telemetry: { otlpEndpoint: values.telemetry.otlp_endpoint ?? null },
    warnings,
  };
}

function shapeInbound({
  host,
  port,
  public_url,
  proxies,
  max_body_kb,
  max_per_second,
}: Values["inbound"]): Config["inbound"] {
  if (port === undefined || public_url === undefined) return null;
  return {
    host,
    port,
    publicUrl: public_url.replace(/\/+$/, ""),
    proxies,
    maxBodyKb: max_body_kb,
    maxPerSecond: max_per_second,
  };
}

function shapeSystem(code: string, system: SystemValues): SystemConfig {
  return {
    code,
    connector: system.connector ?? code,
    name: system.name ?? null,
    enabled: system.enabled,
    baseUrl: system.base_url?.replace(/\/+$/, "") ?? null,
    settings: system.settings,
    credentials: system.credentials,
    concurrency: system.concurrency ?? null,
  };
}
