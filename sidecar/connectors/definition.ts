import type { ErrorKind } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import type { ChangesDefinition, FetchDefinition } from "./definition-incoming";
import type { WebhooksDefinition } from "./webhooks";

/*
 * The form of `mappings/systems/<code>/connector.json`. The JSON Schema (mappings/schema/connector.schema.json) checks it and
 * describes every key for people; docs/connectors.md explains them with examples.
 */

/** Takes one text out of an answer: a body path, or a header, with an optional pattern whose `{capture}` is the value. */
export type Extract = string | { path?: string; header?: string; pattern?: string };

/** A test of an answer or of a record. Several tests side by side in `all` or `any`. */
export interface Condition {
  path?: string;
  value?: string;
  header?: string;
  equals?: Json;
  in?: Json[];
  exists?: boolean;
  contains?: string;
  startsWith?: string;
  line?: string;
  ignoreCase?: boolean;
  all?: Condition[];
  any?: Condition[];
  not?: Condition;
}

export interface RequestDefinition {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  base?: string;
  query?: Record<string, Json>;
  headers?: Record<string, string>;
  body?: Json;
  encoding?: "json" | "form";
  bucket?: string;
  timeoutMs?: number;
  repeatable?: boolean;
  /** `file`: the answer is bytes; what follows sees `{"data": base64, "mimetype", "size"}` as its body. Default: json. */
  answer?: "json" | "file";
}

export type Pagination =
  | { type: "cursor"; from: Extract | Extract[]; to: { query?: string; body?: string }; maxPages?: number }
  | { type: "offset"; to: { query?: string; body?: string }; pageSize: number; maxPages?: number }
  | { type: "page"; to: { query?: string; body?: string }; start?: number; last?: Condition; maxPages?: number }
  | { type: "link"; from: Extract | Extract[]; maxPages?: number };

export interface FindDefinition {
  when?: string;
  request: RequestDefinition;
  records?: string;
  record?: string;
  match?: Condition;
  pagination?: Pagination;
  confirm?: { request: RequestDefinition; record?: string; match: Condition };
  id: Extract | Extract[];
  consistency: "strong" | "eventual";
  settleMs?: number;
}

export interface CreateDefinition {
  request: RequestDefinition;
  id: Extract | Extract[];
  idempotency?: { rememberedMs: number };
  /** Neither findable nor recognised: after a lost answer a person decides. */
  whenUnknown?: "ask";
}

export interface UpdateDefinition {
  request: RequestDefinition;
}

export interface BatchDefinition {
  max: number;
  item: Json;
  results: { path: string; match: ItemMatch[]; id: Extract | Extract[]; created?: Condition };
  errors?: { path: string; match: ItemMatch[]; errors?: ErrorPaths; outcomes?: OutcomeRule[] };
}

/** Ties a result or an error of a batch to its input: the value at `path` equals the rendered `value`, or holds it in a list. */
export type ItemMatch = { path: string; value: string } | { index: true };

export interface UpsertDefinition {
  request: RequestDefinition;
  id?: Extract | Extract[];
  created?: Condition;
  batch?: BatchDefinition;
}

/** How the record {id} is read, to show what a delivery would change. Nothing is sent because of it. */
export interface ReadDefinition {
  request: RequestDefinition;
  /** What the record would hold afterwards, as a template; {fields} in the request are its keys, comma-separated. */
  then: Json;
  /** Path of the record in the answer. */
  record?: string;
}

export type DeleteDefinition =
  { request: RequestDefinition } | { refuse: { kind: ErrorKind; code: string; message: string; hint: string } };

export interface NeedDefinition {
  when?: string;
  find: FindDefinition;
  create?: CreateDefinition;
  missing?: string;
  cacheKey: string;
  cacheMs?: number;
}

export interface AfterDefinition {
  name: string;
  when?: string;
  each?: string;
  request: RequestDefinition;
  batch?: { max: number; item: Json };
}

export interface ObjectDefinition {
  title?: string;
  url?: string;
  upsert?: UpsertDefinition;
  find?: FindDefinition[];
  create?: CreateDefinition;
  update?: UpdateDefinition;
  read?: ReadDefinition;
  fetch?: FetchDefinition;
  changes?: ChangesDefinition;
  delete?: DeleteDefinition;
  needs?: Record<string, NeedDefinition>;
  after?: AfterDefinition[];
  whenGone?: "hold" | "recreate";
}

export interface ErrorPaths {
  message?: Extract[];
  code?: Extract[];
  field?: Extract[];
}

export interface OutcomeRule {
  when: { status?: (number | string)[]; answer?: Condition };
  is: "success" | "absent" | ErrorKind;
  code?: string;
  message?: string;
  hint?: string;
  field?: Extract[];
  retryAfterMs?: number;
  retryAfter?: Extract;
}

export type AuthDefinition =
  | { type: "none" }
  | { type: "bearer"; token: string }
  | { type: "basic"; username: string; password: string }
  | { type: "header"; name: string; value: string }
  | { type: "query"; name: string; value: string }
  | OAuth2Definition;

export interface OAuth2Definition {
  type: "oauth2";
  grant: "refresh_token" | "client_credentials";
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  clientAuth?: "body" | "basic";
  refreshToken?: string;
  parameters?: Record<string, string>;
  marginMs?: number;
  refreshOn401?: boolean;
}

export interface RateHeaders {
  bucket?: string;
  remaining: string;
  reset?: string;
  resetUnit?: "milliseconds" | "seconds" | "epochSeconds";
}

export interface ConnectorDefinition {
  code: string;
  name: string;
  category: string;
  documentation?: string;
  settings?: JsonObject;
  connection: {
    baseUrl: string;
    bases?: Record<string, string>;
    hosts?: string[];
    headers?: Record<string, string>;
    timeoutMs?: number;
    maxResponseBytes?: number;
    check: RequestDefinition;
    expect?: { records: string; match: Condition; missing: string };
  };
  auth: AuthDefinition | AuthDefinition[];
  limits: {
    concurrency: number;
    concurrencyPer?: "sidecar" | "account";
    buckets: Record<string, { requests: number | string; perMs: number }>;
    maxWaitMs?: number;
    rateHeaders?: RateHeaders[];
  };
  breaker?: { failures?: number; halfOpenAfterMs?: number };
  errors?: ErrorPaths;
  outcomes?: OutcomeRule[];
  objects: Record<string, ObjectDefinition>;
  webhooks?: WebhooksDefinition;
}

/** A vendor folder, read and checked. */
export interface LoadedDefinition {
  definition: ConnectorDefinition;
  /** JSON Schema of the credentials; `x-secret: true` marks what must never be shown. */
  credentialsSchema: JsonObject;
  /** Where it came from, for messages. */
  folder: string;
}
