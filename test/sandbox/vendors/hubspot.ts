import { randomUUID } from "node:crypto";
import express, { type NextFunction, type Request, type Response, type Router } from "express";
import { UniqueViolation, type Fields, type StoredRecord, type Table } from "../store";
import {
  dressed,
  fail,
  invalid,
  pageOf,
  tableOf,
  texts,
  wanted,
  writable,
  type Found,
  type HubSpotAccount,
} from "./hubspot-answers";
import { dissociate, hubspotAssociations } from "./hubspot-associations";
import { hubspotSearch } from "./hubspot-search";
import { propertiesOf, TYPES, typeNamed } from "./hubspot-properties";
import type { Vendor, VendorContext } from "./vendor";

/** HubSpot's CRM: objects by unique property, batches with outcomes per item, archive, search with a lagging index. */
export const hubspot: Vendor = {
  code: "hubspot",
  router(context) {
    let next = 10_000_000_001;
    const account: HubSpotAccount = { context, tables: new Map(), properties: new Map() };
    for (const type of TYPES) {
      const unique = type === "contact" ? ["odoo_id", "email"] : ["odoo_id"];
      account.tables.set(type, context.store.define("hubspot", type, { unique, nextId: () => String(next++) }));
      account.properties.set(type, propertiesOf(type));
    }
    const router = express.Router();
    tokenRoute(router, context);
    router.use(signedIn(context));
    router.use(express.json({ limit: "5mb" }));
    propertyRoutes(router, account);
    batchRoutes(router, account);
    hubspotAssociations(router, account);
    hubspotSearch(router, account);
    objectRoutes(router, account);
    router.use((_request, response) =>
      fail(response, 404, "OBJECT_NOT_FOUND", "Unable to find the requested resource."),
    );
    return router;
  },
};

function tokenRoute(router: Router, context: VendorContext): void {
  router.post("/oauth/v1/token", express.urlencoded(), (request, response) => {
    const form = request.body as Record<string, string>;
    if (form["grant_type"] !== "refresh_token" || !context.tokens.accepts("hubspot", form["refresh_token"] ?? "")) {
      response.status(400).json({ status: "BAD_REFRESH_TOKEN", message: "missing or unknown refresh token" });
      return;
    }
    const token = `sandbox-hubspot-${randomUUID()}`;
    context.tokens.issue("hubspot", token);
    response.json({
      access_token: token,
      refresh_token: form["refresh_token"],
      expires_in: 1800,
      token_type: "bearer",
    });
  });
}

function signedIn(context: VendorContext) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const token = /^Bearer (.+)$/.exec(request.get("authorization") ?? "")?.[1] ?? "";
    if (context.tokens.accepts("hubspot", token)) return next();
    const message =
      token === ""
        ? "Authentication credentials not found. This API supports OAuth 2.0 authentication."
        : "The OAuth token used to make this call is invalid.";
    fail(response, 401, "INVALID_AUTHENTICATION", message);
  };
}

function propertyRoutes(router: Router, account: HubSpotAccount): void {
  router.get("/crm/v3/properties/:type/:name", (request, response) => {
    const known = account.properties.get(typeNamed(request.params.type) ?? "");
    const { name } = request.params;
    if (!known?.has(name)) return fail(response, 404, "OBJECT_NOT_FOUND", `Property ${name} does not exist`);
    response.json({ name, label: name, type: "string", fieldType: "text", hasUniqueValue: name === "odoo_id" });
  });
  router.post("/crm/v3/properties/:type", (request, response) => {
    const type = typeNamed(request.params.type);
    const { name, hasUniqueValue } = request.body as { name: string; hasUniqueValue?: boolean };
    if (type === null) return fail(response, 404, "OBJECT_NOT_FOUND", "Unable to infer object type");
    account.properties.get(type)?.add(name);
    if (hasUniqueValue === true) account.tables.get(type)?.requireUnique(name);
    response.status(201).json({ name, hasUniqueValue: hasUniqueValue === true });
  });
}

interface UpsertInput {
  id: string;
  idProperty?: string;
  properties: Fields;
  objectWriteTraceId?: string;
}

function batchRoutes(router: Router, account: HubSpotAccount): void {
  router.post("/crm/v3/objects/:type/batch/upsert", (request, response) => {
    const found = tableOf(account, request.params.type, response);
    if (!found) return;
    const { inputs } = request.body as { inputs?: UpsertInput[] };
    if (!Array.isArray(inputs) || inputs.length === 0)
      return invalid(response, "Some required fields were not set: [inputs]");
    if (inputs.length > 100)
      return invalid(response, "The maximum number of inputs supported in a batch request is 100.");
    if (new Set(inputs.map(({ id }) => id)).size < inputs.length)
      return invalid(response, "Duplicate IDs found in batch input");
    // one bad property makes HubSpot refuse the whole batch
    for (const input of inputs) if (!writable(account, found.type, input.properties, response)) return;
    const startedAt = account.context.clock.iso();
    const outcomes = inputs.map((input) => upsert(account, found, input, request));
    const errors = outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error] : []));
    const results = outcomes.flatMap((outcome) => ("result" in outcome ? [outcome.result] : []));
    const times = { startedAt, completedAt: account.context.clock.iso() };
    if (errors.length === 0) response.json({ status: "COMPLETE", results, ...times });
    else response.status(207).json({ status: "COMPLETE", results, numErrors: errors.length, errors, ...times });
  });
}

function upsert(
  account: HubSpotAccount,
  { type, table }: Found,
  input: UpsertInput,
  request: Request,
): { result: object } | { error: object } {
  const idProperty = input.idProperty ?? "hs_object_id";
  const existing = idProperty === "hs_object_id" ? table.get(input.id) : table.byUnique(idProperty, input.id);
  const fields = { ...texts(input.properties), [idProperty]: input.id };
  const wrote = (remoteId: string, effect: "created" | "updated" | "refused", status: number): void =>
    account.context.wrote(request, { type, key: input.id, remoteId, effect, status });
  try {
    const record = existing ? table.update(existing.id, fields) : table.insert(fields);
    if (!record) throw new Error("the record vanished between two lines");
    wrote(record.id, existing ? "updated" : "created", 200);
    return {
      result: { ...dressed({ type, table }, record), new: !existing, objectWriteTraceId: input.objectWriteTraceId },
    };
  } catch (thrown) {
    if (!(thrown instanceof UniqueViolation)) throw thrown;
    wrote(existing?.id ?? "", "refused", 207);
    const message = `A ${type} record with ${thrown.field} already exists. Existing ID: ${thrown.existingId}`;
    const context = { objectWriteTraceId: [input.objectWriteTraceId ?? ""], propertyName: [thrown.field] };
    return { error: { status: "error", category: "CONFLICT", message, context } };
  }
}

function objectRoutes(router: Router, account: HubSpotAccount): void {
  router.get("/crm/v3/objects/:type", (request, response) => {
    const found = tableOf(account, request.params.type, response);
    if (!found) return;
    const limit = Number(request.query["limit"] ?? 10);
    if (limit > 100) return invalid(response, "limit must be at most 100");
    response.json(
      pageOf(found, found.table.live(), limit, Number(request.query["after"] ?? 0), wanted(found, askedIn(request))),
    );
  });
  router.post("/crm/v3/objects/:type", (request, response) => {
    const found = tableOf(account, request.params.type, response);
    const { properties = {} } = request.body as { properties?: Fields };
    if (!found || !writable(account, found.type, properties, response)) return;
    write(account, found, request, response, 201, () => found.table.insert(texts(properties)));
  });
  router.get("/crm/v3/objects/:type/:id", (request, response) => {
    const found = tableOf(account, request.params.type, response);
    if (!found) return;
    const record = resolve(found.table, request);
    if (!record) return fail(response, 404, "OBJECT_NOT_FOUND", "Object not found.");
    response.json(dressed(found, record, wanted(found, askedIn(request))));
  });
  router.patch("/crm/v3/objects/:type/:id", (request, response) => {
    const found = tableOf(account, request.params.type, response);
    const { properties = {} } = request.body as { properties?: Fields };
    if (!found || !writable(account, found.type, properties, response)) return;
    const id = resolve(found.table, request)?.id ?? "";
    write(account, found, request, response, 200, () => found.table.update(id, texts(properties)));
  });
  router.delete("/crm/v3/objects/:type/:id", (request, response) => {
    const found = tableOf(account, request.params.type, response);
    if (!found) return;
    const { id } = request.params;
    const key = found.table.get(id)?.fields["odoo_id"];
    dissociate(account, found.type, id);
    if (found.table.remove(id)) {
      const entry = { type: found.type, key: typeof key === "string" ? key : null, remoteId: id };
      account.context.wrote(request, { ...entry, effect: "deleted", status: 204 });
    }
    // HubSpot answers 204 for what is archived already
    response.status(204).end();
  });
}

/** What the query asks for: `properties=a,b&associations=companies`. */
function askedIn(request: Request): { properties?: string[]; associations?: string[] } {
  const list = (name: string): string[] | null => {
    const value = request.query[name];
    return value === undefined
      ? null
      : [value].flat().flatMap((text) => (typeof text === "string" ? text.split(",") : []));
  };
  const [properties, associations] = [list("properties"), list("associations")];
  return { ...(properties ? { properties } : {}), ...(associations ? { associations } : {}) };
}

function resolve(table: Table, request: Request<{ id: string }>): StoredRecord | null {
  const idProperty = request.query["idProperty"];
  return typeof idProperty === "string" ? table.byUnique(idProperty, request.params.id) : table.get(request.params.id);
}

function write(
  account: HubSpotAccount,
  found: Found,
  request: Request,
  response: Response,
  status: number,
  change: () => StoredRecord | null,
): void {
  try {
    const record = change();
    if (!record) return fail(response, 404, "OBJECT_NOT_FOUND", "Object not found.");
    const key = record.fields["odoo_id"];
    const effect = status === 201 ? "created" : "updated";
    account.context.wrote(request, {
      type: found.type,
      key: typeof key === "string" ? key : null,
      remoteId: record.id,
      effect,
      status,
    });
    response.status(status).json(dressed(found, record));
  } catch (thrown) {
    if (!(thrown instanceof UniqueViolation)) throw thrown;
    fail(response, 409, "CONFLICT", `Record already exists. Existing ID: ${thrown.existingId}`);
  }
}
