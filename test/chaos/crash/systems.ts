import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { EDITIONS, REMEMBERED_MS, type Edition } from "../../sandbox/vendors/ledger";

const SHIPPED = path.resolve(__dirname, "../../../mappings");

/**
 * The search edition shows a record so long after its creation, and its definition promises a little more. It is longer than a lease of
 * three seconds and the look for it take: whoever looks as soon as the lease has run out finds nothing.
 */
export const SEARCH_LAG_MS = 4_500;
const SETTLE_MS = 5_000;

/** How a record is brought about; what each edition offers. */
const WAYS: Record<Edition, object> = {
  upsert: {
    upsert: {
      request: { method: "POST", path: "/{type}/upsert", body: { items: "{items}" } },
      batch: {
        max: 20,
        item: { $merge: ["{doc}", { key: "{key}" }] },
        results: {
          path: "results",
          match: [{ path: "key", value: "{key}" }],
          id: "id",
          created: { path: "created", equals: true },
        },
        errors: {
          path: "errors",
          match: [{ path: "key", value: "{key}" }],
          errors: { message: ["message"], field: ["field"] },
        },
      },
    },
  },
  window: {
    create: {
      request: {
        method: "POST",
        path: "/{type}",
        headers: { "Idempotency-Key": "{idempotencyKey}" },
        body: { $merge: ["{doc}", { key: "{key}" }] },
      },
      id: "id",
      idempotency: { rememberedMs: REMEMBERED_MS },
    },
  },
  search: {
    find: [
      {
        request: { method: "GET", path: "/{type}", query: { key: "{key}" } },
        records: "records",
        match: { path: "key", equals: "{key}" },
        id: "id",
        consistency: "eventual",
        settleMs: SETTLE_MS,
      },
    ],
    create: create(),
  },
  blind: { create: { ...create(), whenUnknown: "ask" } },
};

function create(): object {
  return { request: { method: "POST", path: "/{type}", body: { $merge: ["{doc}", { key: "{key}" }] } }, id: "id" };
}

function connector(edition: Edition): object {
  const objectOf = (type: string): unknown => ({
    ...(JSON.parse(JSON.stringify(WAYS[edition]).replaceAll("/{type}", `/${type}`)) as object),
    ...(edition === "upsert" ? {} : { update: { request: { method: "PATCH", path: `/${type}/{id}`, body: "{doc}" } } }),
    delete: { request: { method: "DELETE", path: `/${type}/{id}` } },
    whenGone: "hold",
  });
  return {
    code: `ledger_${edition}`,
    name: `Ledger (${edition})`,
    category: "finance",
    connection: { baseUrl: "https://ledger.invalid", timeoutMs: 20_000, check: { method: "GET", path: "/ping" } },
    auth: { type: "bearer", token: "{credentials.token}" },
    limits: { concurrency: 6, buckets: { default: { requests: 100_000, perMs: 1000 } } },
    errors: { message: ["error.message"], field: ["error.field"] },
    objects: { account: objectOf("account"), entry: objectOf("entry") },
  };
}

const CREDENTIALS = {
  title: "Ledger credentials",
  description: "A token.",
  type: "object",
  additionalProperties: false,
  required: ["token"],
  properties: { token: { type: "string", minLength: 1, title: "Token", description: "Any.", "x-secret": true } },
};

const ACCOUNT = {
  title: "Customer to account",
  version: 1,
  source: { object: "customer", version: 1 },
  target: { type: "account" },
  lines: [
    { to: "name", from: "name", required: true },
    { to: "revision", from: "reference", required: true },
  ],
};

const ENTRY = {
  title: "Project to entry",
  version: 1,
  source: { object: "project", version: 1 },
  target: { type: "entry" },
  lines: [
    { to: "name", from: "name", required: true },
    { to: "revision", from: "description", required: true },
    { to: "account_id", link: { type: "account", from: "customer.id" }, required: true },
  ],
};

/** Writes connectors and mappings of the four editions into a folder that goes over the shipped one. Answers `mappings.dirs`. */
export function writeMappings(folder: string): string[] {
  for (const edition of EDITIONS) {
    const system = path.join(folder, "systems", `ledger_${edition}`);
    mkdirSync(path.join(system, "mappings"), { recursive: true });
    const write = (name: string, content: object): void =>
      writeFileSync(path.join(system, name), JSON.stringify(content, null, 2));
    write("connector.json", connector(edition));
    write("credentials.schema.json", CREDENTIALS);
    write("mappings/customer.json", ACCOUNT);
    write("mappings/project.json", ENTRY);
  }
  return [SHIPPED, folder];
}
