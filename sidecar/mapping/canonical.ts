import type { ErrorObject, ValidateFunction } from "ajv";
import Ajv2020 from "ajv/dist/2020";
import addFormats from "ajv-formats";
import type { HubError } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import { dataFailure, inWords } from "./fault";
import type { LifecycleDefinition } from "./lifecycle";
import { Lifecycle } from "./lifecycle";
import { isObject } from "./paths";
import { jsonPath } from "./shapes";

/** One version of a canonical object. */
export interface CanonicalObject {
  object: string;
  version: number;
  title: string;
  schema: JsonObject;
  lifecycle: Lifecycle;
  /** Throws a data failure that names the field and says what to do in Odoo. */
  check: (document: JsonObject) => void;
}

/** What our schemas say besides JSON Schema (mappings/schema/canonical-meta.schema.json). */
export const OUR_KEYWORDS = ["x-classification", "x-identifiers", "x-lifecycle"];

/** The canonical schemas of a pack, compiled together because they share common parts. */
export class CanonicalObjects {
  private readonly ajv = addFormats(
    new Ajv2020({
      allErrors: false,
      strict: true,
      allowUnionTypes: true,
      strictTypes: false,
      strictRequired: false,
    }),
  );
  private readonly objects = new Map<string, CanonicalObject>();
  private readonly schemas = new Map<string, JsonObject>();

  /** Adds all schemas first, so that they may refer to one another, then compiles them. Throws ajv's error for a broken one. */
  constructor(schemas: readonly JsonObject[]) {
    for (const keyword of OUR_KEYWORDS) this.ajv.addKeyword(keyword);
    for (const schema of schemas) {
      this.ajv.addSchema(schema);
      this.schemas.set(textAt(schema, "$id"), schema);
    }
    for (const schema of schemas) this.add(schema);
  }

  get(object: string, version: number): CanonicalObject | undefined {
    return this.objects.get(`${object}@${version}`);
  }

  all(): CanonicalObject[] {
    return [...this.objects.values()];
  }

  /** The schema at a dotted path below an object, lists passed through; undefined when the object has no such field. */
  fieldAt(root: JsonObject, path: string): JsonObject | undefined {
    let node: JsonObject | undefined = root;
    let document = root;
    for (const segment of path.split(".")) {
      if (node === undefined) return undefined;
      ({ node, document } = this.resolve(node, document));
      if (isObject(node["items"])) ({ node, document } = this.resolve(node["items"], document));
      const properties: Json | undefined = node["properties"];
      const next: Json | undefined =
        isObject(properties) && Object.hasOwn(properties, segment) ? properties[segment] : undefined;
      node = isObject(next) ? next : undefined;
    }
    return node === undefined ? undefined : this.resolve(node, document).node;
  }

  private resolve(node: JsonObject, document: JsonObject): { node: JsonObject; document: JsonObject } {
    const reference = node["$ref"];
    if (typeof reference !== "string") return { node, document };
    const [id = "", pointer = ""] = reference.split("#");
    const home = id === "" ? document : (this.schemas.get(id) ?? document);
    let target: Json | undefined = home;
    for (const part of pointer.split("/").slice(1))
      target = isObject(target) && Object.hasOwn(target, part) ? target[part] : undefined;
    return isObject(target) ? this.resolve(target, home) : { node: {}, document };
  }

  private add(schema: JsonObject): void {
    const [, , object, version] = /^(hub:canonical)\/([a-z0-9_]+)\/(\d+)$/.exec(textAt(schema, "$id")) ?? [];
    const validate = this.ajv.getSchema(textAt(schema, "$id"));
    if (object === undefined || version === undefined || validate === undefined || schema["type"] !== "object") return;
    this.objects.set(`${object}@${version}`, {
      object,
      version: Number(version),
      title: textAt(schema, "title"),
      schema,
      lifecycle: new Lifecycle(object, schema["x-lifecycle"] as unknown as LifecycleDefinition),
      check: (document) => check(object, validate as ValidateFunction, document),
    });
  }
}

function check(object: string, validate: ValidateFunction, document: JsonObject): void {
  if (validate(document)) return;
  const [error] = validate.errors ?? [];
  if (error !== undefined) throw failureOf(object, error, document);
}

/** ajv's first error in the words of a project manager. */
function failureOf(object: string, error: ErrorObject, document: JsonObject): HubError {
  const params = error.params as Record<string, unknown>;
  const at = jsonPath(error.instancePath);
  const place = at === "" ? object : `${object}.${at}`;
  if (error.keyword === "required") return missingField(`${place}.${String(params["missingProperty"])}`);
  const value = valueAt(document, error.instancePath);
  if (value === null || value === "") return missingField(place);
  const reason = reasonOf(error);
  return dataFailure(
    "canonical_value_refused",
    place,
    `${inWords(place)} ${reason}.`,
    "Correct the field on the record in Odoo; the next change sends it again, or press Retry.",
  );
}

function missingField(field: string): HubError {
  return dataFailure(
    "canonical_required_missing",
    field,
    `${inWords(field)} is missing.`,
    "Fill in the field on the record in Odoo; saving it sends the record again.",
  );
}

/** What a person calls the formats of JSON Schema. */
const FORMATS: Readonly<Record<string, string>> = {
  email: "e-mail address",
  uri: "web address",
  date: "date",
  "date-time": "date and time",
};

/** ajv's error as the end of a sentence that begins with the field: `is not a valid e-mail address`. */
export function reasonOf(error: ErrorObject): string {
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case "type":
      return `is not of the expected kind (${String(params["type"]).replaceAll(",", " or ")})`;
    case "enum":
      return `must be one of ${(params["allowedValues"] as unknown[]).map((value) => String(value)).join(", ")}`;
    case "format":
      return `is not a valid ${FORMATS[String(params["format"])] ?? String(params["format"])}`;
    case "maxLength":
      return `is longer than ${String(params["limit"])} characters`;
    case "additionalProperties":
      return `has the unknown part “${String(params["additionalProperty"])}”`;
    default:
      return error.message ?? "is not valid";
  }
}

function valueAt(document: JsonObject, pointer: string): Json | undefined {
  let value: Json | undefined = document;
  for (const part of pointer.split("/").slice(1)) {
    if (Array.isArray(value)) value = value[Number(part)];
    else value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value;
}

function textAt(schema: JsonObject, key: string): string {
  const value = schema[key];
  return typeof value === "string" ? value : "";
}
