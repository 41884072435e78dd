import type { ErrorKind } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
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

/** How the record {id} is read to be taken over into Odoo. */
export interface FetchDefinition {
  request: RequestDefinition;
  /** Path of the record in the answer; the whole answer where absent. */
  record?: string;
  /** Where the vendor reads only lists: which of them it is; {id} is the asked one. */
  match?: Condition;
  /** The record's own id in it; default `id`. Another than the asked one: the asked one was merged into it. */
  id?: Extract | Extract[];
  /** Ids that were merged into this one; a text may hold several, separated by `;` or `,`. */
  oldIds?: Extract[];
  /** When it was last changed there; ISO 8601 or milliseconds since 1970. */
  time?: Extract;
  /** How a record says that it is deleted. An answer that means "absent" (404, 410, rules of `outcomes`) says so as well. */
  gone?: Condition;
  /** Many at once: {ids} is the list. What the answer leaves out is asked for alone. */
  batch?: { max: number; request: RequestDefinition; records: string; record?: string };
  /** What belongs to it and is read by requests of its own: it stands under this name in the record. */
  also?: Record<string, AlsoDefinition>;
  /** Records of other types that it is about: each is fetched because of it. */
  leadsTo?: LeadDefinition[];
}

export interface LeadDefinition {
  /** Path of a list in the record, and of the id in each item. */
  each: string;
  id: Extract;
  /** The object type of those records. */
  object: string;
}

export interface AlsoDefinition {
  /** Path of the value in {record} that must be there; always read where absent. */
  when?: string;
  /** Path of a list in {record}: one request for each, {item}; the result is a list. */
  each?: string;
  /** Absent: what is wanted stands in the record already, at `result`. */
  request?: RequestDefinition;
  /** Path of what is wanted in the answer; the whole answer where absent. */
  result?: string;
  /** Of a list, the one that is wanted. */
  match?: Condition;
  /** A list of names and values becomes an object. */
  named?: NamedDefinition;
  /** Template of an object whose values are added to the result. */
  with?: Json;
}

export interface NamedDefinition {
  /** Path of the name and of the value in each item. */
  name: string;
  value: string;
  /** Beginnings of numbered names: with `line`, `line_2_price` is the `price` of the item with `key` 2 of the list `line`. */
  lists?: string[];
}

/** How a type's records are listed by the time of their last change: the safety net under webhooks, and the first load. */
export interface ChangesDefinition {
  /** {since} is the moment from which on changes are wanted. */
  request: RequestDefinition;
  records: string;
  record?: string;
  id: Extract | Extract[];
  /** When it was last changed. Absent where the list does not say: then a record counts as changed when its entry is another. */
  time?: Extract;
  /** How {since} is written. Default: iso8601. */
  timeFormat?: "iso8601" | "milliseconds" | "seconds" | "date";
  /** `ascending`: by `time`, oldest first, and {since} is inclusive. Default: none. */
  order?: "ascending" | "none";
  pagination?: Pagination;
  /** Asked for again before the last moment seen, because lists lag and clocks differ. Default: 60000. */
  overlapMs?: number;
  /** Entries that are deletions. */
  deleted?: Condition;
  deletions?: DeletionsDefinition;
}

/** How deletions are found where the list of changes does not hold them. */
export interface DeletionsDefinition {
  /** `deleted`: the list holds what was deleted, {since} may be used; `present`: it holds all there is, and what is missing is gone. */
  lists: "deleted" | "present";
  request: RequestDefinition;
  records: string;
  record?: string;
  id: Extract | Extract[];
  time?: Extract;
  pagination?: Pagination;
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
