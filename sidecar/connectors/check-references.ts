import { HubError } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import type { LoadedDefinition, ObjectDefinition, RequestDefinition } from "./definition";
import { compileObjectType } from "./object-type";
import { OutcomeRules } from "./outcome";
import { systemClock } from "./connector";
import { placeholdersOf } from "./template";
import { compileWebhooks } from "./webhooks";

/** Roots a template may begin with, by where it stands. */
const DELIVERY_ROOTS = [
  "doc",
  "key",
  "id",
  "idempotencyKey",
  "connection",
  "token",
  "needs",
  "lookFrom",
  "item",
  "items",
  "index",
  "answer",
  "body",
  "fields",
  "ids",
  "record",
  "since",
];
const SIGNING_ROOTS = ["credentials", "connection"];
const BASE_ROOTS = ["connection", "token"];

/**
 * What a JSON Schema cannot see: templates that name what exists, buckets and bases that are declared, ways that make sense together.
 * @throws HubError with the place in `field`
 */
export function checkReferences(loaded: LoadedDefinition): void {
  const { definition } = loaded;
  const settings = keysOf(definition.settings);
  const credentials = keysOf(loaded.credentialsSchema);
  check("/auth", definition.auth as unknown as Json, SIGNING_ROOTS, settings, credentials);
  check("/connection/baseUrl", definition.connection.baseUrl, BASE_ROOTS, settings, credentials);
  check("/connection/bases", definition.connection.bases ?? {}, BASE_ROOTS, settings, credentials);
  check("/connection/headers", definition.connection.headers ?? {}, SIGNING_ROOTS, settings, credentials);
  check("/limits", definition.limits as unknown as Json, ["connection"], settings, credentials);
  check("/outcomes", (definition.outcomes ?? []) as unknown as Json, DELIVERY_ROOTS, settings, credentials);
  new OutcomeRules(definition.name, definition.outcomes, definition.errors);
  for (const [name, object] of Object.entries(definition.objects)) {
    const place = `/objects/${name}`;
    check(place, object as unknown as Json, DELIVERY_ROOTS, settings, credentials);
    checkNeeds(place, object);
    checkWays(place, object);
    checkFields(place, object);
    compileObjectType(name, object, definition.name, systemClock);
  }
  checkWebhooks(loaded, credentials);
  for (const { place, request } of requestsOf(definition as unknown as Json, "")) checkRequest(place, request, loaded);
}

function check(place: string, value: Json, roots: string[], settings: Set<string>, credentials: Set<string>): void {
  if (typeof value === "string") return checkText(place, value, roots, settings, credentials);
  if (typeof value !== "object" || value === null) return;
  for (const [key, entry] of Object.entries(value)) {
    // patterns have braces of their own
    if (key !== "pattern") check(`${place}/${key}`, entry, roots, settings, credentials);
  }
}

function checkText(
  place: string,
  text: string,
  roots: string[],
  settings: Set<string>,
  credentials: Set<string>,
): void {
  for (const { source, root } of placeholdersOf(text)) {
    const [, name = ""] = source.split(".");
    if (!roots.includes(root)) {
      throw wrong(place, `{${source}} does not exist here`, `A template may begin with ${roots.join(", ")} here.`);
    }
    if (root === "connection" && !settings.has(name)) {
      throw wrong(
        place,
        `{${source}} names a setting that "settings" does not describe`,
        "Describe it under settings.properties.",
      );
    }
    if (root === "credentials" && !credentials.has(name)) {
      throw wrong(
        place,
        `{${source}} names a credential that credentials.schema.json does not describe`,
        "Describe it there.",
      );
    }
  }
}

function checkNeeds(place: string, object: ObjectDefinition): void {
  const declared = Object.keys(object.needs ?? {});
  for (const { source, root } of placeholdersOf(object as unknown as Json, "pattern")) {
    const [, name = ""] = source.split(".");
    if (root === "needs" && !declared.includes(name))
      throw wrong(place, `{${source}} names a need that is not declared`, "Declare it under needs.");
  }
}

function checkWebhooks({ definition }: LoadedDefinition, credentials: Set<string>): void {
  const { webhooks, objects } = definition;
  if (!webhooks) return;
  compileWebhooks(webhooks, {});
  const { signature, handshakes, notices } = webhooks;
  const named = signature.type === "basic" ? [signature.username, signature.password] : (signature.secrets ?? []);
  if (named.length === 0 && !handshakes?.some(({ keep }) => keep))
    throw wrong(
      "/webhooks/signature",
      "there is no secret to check a call with",
      "Name credentials under secrets, or say with keep which handshake hands one over.",
    );
  for (const name of named) {
    if (!credentials.has(name))
      throw wrong("/webhooks/signature", `there is no credential "${name}"`, "Describe it in credentials.schema.json.");
  }
  for (const [event, { object }] of Object.entries(notices.events)) {
    if (!Object.hasOwn(objects, object))
      throw wrong(
        `/webhooks/notices/events/${event}`,
        `there is no object "${object}"`,
        "Name one that stands under objects.",
      );
  }
}

function checkWays(place: string, object: ObjectDefinition): void {
  if (object.upsert || !object.create) return;
  if (object.find || object.create.idempotency || object.create.whenUnknown) return;
  throw wrong(
    `${place}/create`,
    "a create without upsert, find or idempotency could make a record twice",
    'Say how a record is found by its key, or which key makes a repeated create harmless; with "whenUnknown": "ask" a person decides.',
  );
}

/** What is read would stay empty without a word where the request and `fields` do not speak of each other. */
function checkFields(place: string, { fetch }: ObjectDefinition): void {
  if (!fetch) return;
  const named = (template: unknown): boolean =>
    placeholdersOf((template ?? null) as Json, "pattern").some(({ root }) => root === "fields");
  if (!fetch.fields && named(fetch))
    throw wrong(
      `${place}/fetch`,
      "{fields} does not exist here",
      'Say with "fields" where the fields stand in the record, and which are needed always.',
    );
  const requests = [
    { at: "request", request: fetch.request },
    ...(fetch.batch ? [{ at: "batch/request", request: fetch.batch.request }] : []),
  ];
  for (const { at, request } of requests)
    if (fetch.fields && !named(request))
      throw wrong(
        `${place}/fetch/${at}`,
        '"fields" is described and {fields} is not asked for',
        "Name {fields} in the request, or take fetch.fields out.",
      );
}

function checkRequest(place: string, request: RequestDefinition, { definition }: LoadedDefinition): void {
  if (request.bucket !== undefined && !Object.hasOwn(definition.limits.buckets, request.bucket)) {
    throw wrong(`${place}/bucket`, `there is no bucket "${request.bucket}"`, "Declare it under limits.buckets.");
  }
  if (request.base !== undefined && !Object.hasOwn(definition.connection.bases ?? {}, request.base)) {
    throw wrong(`${place}/base`, `there is no base "${request.base}"`, "Declare it under connection.bases.");
  }
}

function* requestsOf(value: Json, place: string): Generator<{ place: string; request: RequestDefinition }> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, entry] of Object.entries(value)) {
    const here = `${place}/${key}`;
    if ((key === "request" || key === "check") && typeof entry === "object" && entry !== null) {
      yield { place: here, request: entry as unknown as RequestDefinition };
    } else {
      yield* requestsOf(entry, here);
    }
  }
}

function keysOf(schema: JsonObject | undefined): Set<string> {
  const properties = schema?.["properties"];
  return new Set(typeof properties === "object" && properties !== null ? Object.keys(properties) : []);
}

function wrong(field: string, message: string, hint: string): HubError {
  return new HubError({ kind: "data", code: "connector_invalid", message, hint, field });
}
