import { Ajv2020, type ErrorObject } from "ajv/dist/2020";
import addFormats from "ajv-formats";
import type { ConnectorSettings } from "../domain/connector-settings";
import type { JsonObject } from "../domain/json";
import { declaredBuckets } from "./declared-limits";
import type { ConnectorDefinition } from "./definition";
import { hostAllowed } from "./egress";
import { compileText, placeholdersOf } from "./template";

/** What a connection's configuration says; it wins over what is set in Odoo. */
export interface Configured {
  baseUrl?: string;
  settings: JsonObject;
}

/** Something in `settings.json` that the connector cannot take. */
export interface SettingsProblem {
  /** Place in the file, `limits.requests.default`. */
  path: string;
  reason: string;
  fix: string;
}

/** A connection's values: the configuration's before those set in Odoo. The definition's defaults come later. */
export function effectiveSettings(given: ConnectorSettings, configured: JsonObject): JsonObject {
  return { ...given.settings, ...configured };
}

/**
 * The definition as these settings leave it: another base URL, lower limits, smaller batches. Never more than the
 * definition allows.
 * @param values the connection's, complete
 */
export function adjustDefinition(
  definition: ConnectorDefinition,
  given: ConnectorSettings,
  values: JsonObject,
): ConnectorDefinition {
  const { connection, limits, objects } = definition;
  const buckets = Object.entries(declaredBuckets(definition, values)).map(([name, bucket]) => {
    const requests = Math.min(bucket.requests, given.limits?.requests?.[name] ?? bucket.requests);
    return [name, { ...bucket, requests }] as const;
  });
  return {
    ...definition,
    connection: { ...connection, baseUrl: given.baseUrl ?? connection.baseUrl },
    limits: {
      ...limits,
      concurrency: Math.min(limits.concurrency, given.limits?.concurrency ?? limits.concurrency),
      buckets: Object.fromEntries(buckets),
    },
    objects: Object.fromEntries(
      Object.entries(objects).map(([type, object]) => {
        const batch = object.upsert?.batch;
        const most = given.batches?.[type];
        if (!object.upsert || !batch || most === undefined) return [type, object];
        return [type, { ...object, upsert: { ...object.upsert, batch: { ...batch, max: Math.min(batch.max, most) } } }];
      }),
    ),
  };
}

/**
 * Everything in `settings.json` that does not fit the definition, would let more through than it allows, would send
 * credentials elsewhere, or would change nothing.
 * @param configured the connections of this connector
 */
export function settingsProblems(
  definition: ConnectorDefinition,
  given: ConnectorSettings,
  configured: readonly Configured[],
): SettingsProblem[] {
  const wrong = valueProblems(definition, given.settings ?? {});
  return [
    ...wrong,
    ...(wrong.length === 0 ? limitProblems(definition, given) : []),
    ...batchProblems(definition, given),
    ...(wrong.length === 0 ? hostProblems(definition, given, configured) : []),
    ...overruled(given, configured),
  ];
}

/** Against the definition's own schema; what it requires may come from the configuration. */
function valueProblems(definition: ConnectorDefinition, values: JsonObject): SettingsProblem[] {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats(ajv);
  const { properties: declared, $defs = {} } = definition.settings ?? {};
  const properties = (declared ?? {}) as JsonObject;
  const validate = ajv.compile({ type: "object", additionalProperties: false, properties, $defs });
  if (validate(values)) return [];
  const known = Object.keys(properties);
  const fix = `${definition.name} takes: ${known.join(", ") || "none"}. Its instructions.md says what they are.`;
  return (validate.errors ?? []).map((error) => ({ path: placeOf(error), reason: reasonOf(error), fix }));
}

function limitProblems(definition: ConnectorDefinition, given: ConnectorSettings): SettingsProblem[] {
  const { limits, name } = definition;
  const found: SettingsProblem[] = [];
  if ((given.limits?.concurrency ?? 0) > limits.concurrency)
    found.push(above("limits.concurrency", limits.concurrency, "requests at the same time", name));
  const buckets = declaredBuckets(definition, withDefaults(definition, given.settings ?? {}));
  for (const [bucket, requests] of Object.entries(given.limits?.requests ?? {})) {
    const path = `limits.requests.${bucket}`;
    const declared = Object.hasOwn(buckets, bucket) ? buckets[bucket] : undefined;
    if (!declared) found.push(unknown(path, "no rate limit", bucket, Object.keys(buckets)));
    else if (requests > declared.requests)
      found.push(above(path, declared.requests, `requests in ${declared.perMs / 1000} s`, name));
  }
  return found;
}

function batchProblems(definition: ConnectorDefinition, given: ConnectorSettings): SettingsProblem[] {
  const most = new Map(
    Object.entries(definition.objects).flatMap(([type, { upsert }]) =>
      upsert?.batch ? [[type, upsert.batch.max] as const] : [],
    ),
  );
  return Object.entries(given.batches ?? {}).flatMap(([type, size]) => {
    const path = `batches.${type}`;
    const declared = most.get(type);
    if (declared === undefined) return [unknown(path, "no batch of type", type, [...most.keys()])];
    return size > declared ? [above(path, declared, "records in one request", definition.name)] : [];
  });
}

/**
 * Credentials go to the vendor's hosts alone, whatever is set in Odoo: those that the definition names, those below a name that
 * it names (`https://{connection.company}.example.com`), or the one that the configuration leads to.
 */
function hostProblems(
  definition: ConnectorDefinition,
  given: ConnectorSettings,
  configured: readonly Configured[],
): SettingsProblem[] {
  const urls = urlsOf(definition);
  const allowed = [...urls.flatMap(hostPattern), ...(definition.connection.hosts ?? [])];
  const trusted = configured.flatMap(({ settings }) => urls.flatMap((url) => hostOf(url, definition, settings)));
  const reached = (host: string): boolean => hostAllowed(host, allowed) || trusted.includes(host);
  const fix = `Reachable are: ${[...new Set([...allowed, ...trusted])].join(", ") || "none"}. Another host is for the sidecar's configuration.`;
  const found: SettingsProblem[] = [];
  if (given.baseUrl !== undefined) {
    const host = URL.canParse(given.baseUrl) ? new URL(given.baseUrl).host : null;
    if (host === null || !reached(host))
      found.push({ path: "baseUrl", reason: `${host ?? given.baseUrl} is not one of the vendor's hosts`, fix });
  }
  const asConfigured = configured.length > 0 ? configured : [{ settings: {} }];
  for (const url of urls) {
    const names = placeholdersOf(url).flatMap(({ source }) => settingNamed(source) ?? []);
    const set = names.find((name) => Object.hasOwn(given.settings ?? {}, name));
    if (set === undefined) continue;
    const hosts = asConfigured.flatMap(({ settings }) => hostOf(url, definition, effectiveSettings(given, settings)));
    const other = hosts.find((host) => !reached(host));
    if (other !== undefined)
      found.push({
        path: `settings.${set}`,
        reason: `it leads to ${other}, which is not one of the vendor's hosts`,
        fix,
      });
  }
  return found;
}

/** What every connection's configuration sets itself has no effect here, and whoever sets it should know. */
function overruled(given: ConnectorSettings, configured: readonly Configured[]): SettingsProblem[] {
  if (configured.length === 0) return [];
  const fix = "Take it out here, or have it taken out of the sidecar's configuration.";
  const reason = "the sidecar's configuration sets it, which wins";
  const names = Object.keys(given.settings ?? {}).filter((name) =>
    configured.every(({ settings }) => Object.hasOwn(settings, name)),
  );
  const found = names.map((name) => ({ path: `settings.${name}`, reason, fix }));
  if (given.baseUrl !== undefined && configured.every(({ baseUrl }) => baseUrl !== undefined))
    found.push({ path: "baseUrl", reason, fix });
  return found;
}

function urlsOf({ connection, auth }: ConnectorDefinition): string[] {
  const tokenUrls = [auth].flat().flatMap((way) => (way.type === "oauth2" ? [way.tokenUrl] : []));
  return [connection.baseUrl, ...Object.values(connection.bases ?? {}), ...tokenUrls].filter(
    (url) => !url.includes("{token."),
  );
}

/** `https://{connection.company}.example.com/v1` → `*.example.com`; nothing where the whole host is a setting. */
function hostPattern(url: string): string[] {
  const [, host = ""] = /^https?:\/\/([^/]+)/.exec(url) ?? [];
  const end = host.lastIndexOf("}") + 1;
  if (end === 0) return host === "" ? [] : [host];
  // Two labels at least: a name below `*.com` is anybody's.
  return /^\.[^.]+\.[^.]+/.test(host.slice(end)) ? [`*${host.slice(end)}`] : [];
}

function hostOf(url: string, definition: ConnectorDefinition, values: JsonObject): string[] {
  try {
    return [new URL(compileText(url)({ connection: withDefaults(definition, values) })).host];
  } catch {
    return [];
  }
}

function settingNamed(source: string): string | undefined {
  return /^connection\.([A-Za-z0-9_]+)/.exec(source)?.[1];
}

function withDefaults(definition: ConnectorDefinition, values: JsonObject): JsonObject {
  const properties = (definition.settings?.["properties"] ?? {}) as Record<string, JsonObject>;
  const defaults = Object.entries(properties).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(defaults), ...values };
}

function above(path: string, most: number, unit: string, name: string): SettingsProblem {
  return { path, reason: `${name} takes at most ${most} ${unit}`, fix: "Write a smaller number, or leave it out." };
}

function unknown(path: string, what: string, name: string, known: readonly string[]): SettingsProblem {
  return { path, reason: `the connector has ${what} "${name}"`, fix: `There are: ${known.join(", ") || "none"}.` };
}

function placeOf({ instancePath, params }: ErrorObject): string {
  const { additionalProperty } = params as { additionalProperty?: string };
  const steps = instancePath.split("/").slice(1);
  return ["settings", ...steps, ...(additionalProperty === undefined ? [] : [additionalProperty])].join(".");
}

function reasonOf({ keyword, message }: ErrorObject): string {
  return keyword === "additionalProperties" ? "the connector has no such setting" : (message ?? "is not valid");
}
