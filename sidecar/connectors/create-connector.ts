import type { Json, JsonObject } from "../domain/json";
import type { CircuitPolicy, SharedState } from "../domain/shared-state";
import type { TokenStore } from "../domain/token-store";
import { version } from "../../package.json";
import { chooseAuth, oauth2Auth, staticAuth, type Authenticator } from "./auth";
import { Breaker } from "./breaker";
import { OwnCircuit, SharedCircuit } from "./circuit";
import { systemClock, type Clock, type Connector } from "./connector";
import { checkConnection } from "./connection";
import { declaredBuckets } from "./declared-limits";
import type { LoadedDefinition } from "./definition";
import { compileCondition } from "./condition";
import { Engine, type EngineParts } from "./engine";
import { Http, type HttpOptions } from "./http";
import { parsePath, readPath } from "./json-path";
import { LinedUpLimiter } from "./limits";
import { TokenSource } from "./oauth2";
import { OwnPlaces, SharedPlaces, type AdjustablePlaces } from "./places";
import { compileObjectType } from "./object-type";
import { OutcomeRules } from "./outcome";
import { RateFeedback } from "./rate-feedback";
import { Caller, compileRequest } from "./request";
import { Slots } from "./slots";
import { compileText, type BaseScope, type Scope } from "./template";

export interface ConnectorOptions {
  /** The connection's name in the configuration; equals `integration_system.code` in Odoo. */
  code: string;
  definition: LoadedDefinition;
  connection: {
    /** Replaces the definition's base URL, for a sandbox or a gateway. Only here plain http is possible. */
    baseUrl?: string;
    /** Values for the definition's `settings`. */
    settings: JsonObject;
    /** Values for the vendor's credentials.schema.json, resolved. */
    credentials: JsonObject;
  };
  http?: HttpOptions;
  clock?: Clock;
  /** Where OAuth tokens are kept and shared; in this process's memory when absent. */
  tokens?: TokenStore;
  /** Rate limits and circuit shared between sidecars; counted in this process when absent. */
  shared?: SharedState;
  /** Where places in rate limits are counted, when a connector before this one counted there. */
  places?: AdjustablePlaces;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_RESPONSE_BYTES = 10 * 1024 * 1024;
const DEFAULT_MAX_WAIT_MS = 15_000;
const DEFAULT_BREAKER: CircuitPolicy = { failures: 5, halfOpenAfterMs: 15_000 };

/**
 * Makes a connected system out of a definition and a connection.
 * @throws HubError naming setting or credential and what to do, when the connection does not fit the definition
 */
export function createConnector(options: ConnectorOptions): Connector {
  const { definition } = options.definition;
  const clock = options.clock ?? systemClock;
  const connection = checkConnection(options.definition, options.connection);
  const scope: BaseScope = { connection: connection.settings, token: {} };
  const signing: Scope = { ...scope, credentials: connection.credentials };

  const http = httpFor(options, scope);
  const { code, shared } = options;
  const buckets = declaredBuckets(definition, connection.settings);
  const places = options.places ?? placesFor(code, shared, clock);
  places.limitTo(buckets);
  const limiter = new LinedUpLimiter(buckets, places, definition.limits.maxWaitMs ?? DEFAULT_MAX_WAIT_MS);
  const policy = { ...DEFAULT_BREAKER, ...definition.breaker };
  const circuit = shared ? new SharedCircuit(code, policy, shared, clock) : new OwnCircuit(policy, clock);
  const breaker = new Breaker(definition.name, circuit, clock);
  const auth = authFor(options, signing, http, clock);
  const scopeNow = (): BaseScope => ({ connection: connection.settings, token: auth.token() });
  const caller = new Caller(
    definition.name,
    baseUrls(options, scopeNow),
    {
      accept: "application/json",
      "user-agent": `odoo-integration-hub/${version}`,
      ...headersOf(definition.connection.headers, signing),
    },
    definition.connection.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    http,
    auth,
    new Slots(slotsOf(definition, shared)),
    limiter,
    new RateFeedback(limiter, definition.limits.rateHeaders ?? [], clock),
    breaker,
    new OutcomeRules(definition.name, definition.outcomes, definition.errors),
    clock,
  );
  const types = Object.entries(definition.objects).map(
    ([name, object]) => [name, compileObjectType(name, object, definition.name, clock)] as const,
  );
  return new Engine({
    code: options.code,
    systemName: definition.name,
    concurrency: definition.limits.concurrency,
    types: new Map(types),
    check: compileRequest(definition.connection.check, true),
    expect: definition.connection.expect ? compileExpect(definition.connection.expect) : null,
    scope: scopeNow,
    caller,
    breaker,
    limiter,
    http,
    clock,
  });
}

/** Counts places in this process, or with other sidecars. */
export function placesFor(code: string, shared: SharedState | undefined, clock: Clock = systemClock): AdjustablePlaces {
  return shared ? new SharedPlaces(code, {}, shared, clock) : new OwnPlaces({}, clock);
}

/** Requests at once of this process; of a limit that the vendor sets on the account it is the sidecars' equal share. */
function slotsOf({ limits }: LoadedDefinition["definition"], shared: SharedState | undefined): () => number {
  const { concurrency } = limits;
  if (!shared || limits.concurrencyPer !== "account") return () => concurrency;
  return () => Math.max(1, Math.floor(concurrency / shared.members));
}

/** Holds when one of the records in the check's answer matches. */
function compileExpect(
  expect: NonNullable<LoadedDefinition["definition"]["connection"]["expect"]>,
): EngineParts["expect"] {
  const records = parsePath(expect.records);
  const match = compileCondition(expect.match);
  return {
    missing: expect.missing,
    holds: (answer, scope) => {
      const list = readPath(answer.body, records);
      return Array.isArray(list) && list.some((body) => match({ body, headers: {} }, scope));
    },
  };
}

function httpFor(options: ConnectorOptions, scope: Scope): Http {
  const { definition } = options.definition;
  const { connection, limits } = definition;
  return new Http(
    definition.name,
    allowedHosts(options, scope),
    limits.concurrency,
    connection.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
    { ...options.http, ...plainHostOf(options.connection.baseUrl) },
  );
}

/** A base URL that the configuration gives in plain http is meant so: a sandbox, or a gateway beside the sidecar. */
function plainHostOf(baseUrl: string | undefined): Pick<HttpOptions, "plainHost"> {
  return baseUrl?.startsWith("http:") ? { plainHost: new URL(baseUrl).host } : {};
}

/** The hosts this connection may reach: its base URLs', its token endpoint's, and those the definition lists. */
function allowedHosts(options: ConnectorOptions, scope: Scope): string[] {
  const { connection, auth } = options.definition.definition;
  const bases = [options.connection.baseUrl ?? connection.baseUrl, ...Object.values(connection.bases ?? {})];
  const tokenUrls = [auth].flat().flatMap((way) => (way.type === "oauth2" ? [way.tokenUrl] : []));
  const urls = [...bases, ...tokenUrls].filter((url) => !url.includes("{token."));
  return [...urls.map((url) => new URL(compileText(url)(scope)).host), ...(connection.hosts ?? [])];
}

/** With an overridden base URL, every named base goes there too: a sandbox stands for all of a vendor's hosts. */
function baseUrls(options: ConnectorOptions, scope: () => Scope): (base: string) => string {
  const { connection } = options.definition.definition;
  const override = options.connection.baseUrl?.replace(/\/$/, "");
  if (override !== undefined) return () => override;
  const main = compileText(connection.baseUrl.replace(/\/$/, ""));
  const named = new Map(
    Object.entries(connection.bases ?? {}).map(([name, url]) => [name, compileText(url.replace(/\/$/, ""))]),
  );
  return (base) => (named.get(base) ?? main)(scope());
}

function authFor(options: ConnectorOptions, scope: Scope, http: Http, clock: Clock): Authenticator {
  const { definition } = options.definition;
  const way = chooseAuth(definition.name, definition.auth, scope["credentials"] as JsonObject);
  if (way.type !== "oauth2") return staticAuth(way, scope);
  const override = options.connection.baseUrl;
  // a sandbox or gateway answers for the token endpoint as well, at the same path
  const tokenUrl =
    override === undefined
      ? way.tokenUrl
      : override.replace(/\/$/, "") + new URL(compileText(way.tokenUrl)(scope)).pathname;
  const tokens = new TokenSource(definition.name, { ...way, tokenUrl }, scope, http, clock, options.tokens ?? null);
  return oauth2Auth(tokens, way.refreshOn401 ?? false);
}

function headersOf(headers: Record<string, Json> | undefined, scope: Scope): Record<string, string> {
  const entries = Object.entries(headers ?? {}) as [string, string][];
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), compileText(value)(scope)]));
}
