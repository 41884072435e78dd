import type { ValidateFunction } from "ajv";
import Ajv2020 from "ajv/dist/2020";
import addFormats from "ajv-formats";
import type { JsonObject } from "../domain/json";
import { reasonOf } from "./canonical";
import { dataFailure, inWords } from "./fault";
import type { PackFile } from "./pack-files";
import type { PackProblem } from "./problem";
import { isObject } from "./paths";
import { checkSchemaSafety } from "./schema-safety";
import { jsonPath } from "./shapes";

/** Throws a data failure when a finished vendor document is not what the vendor takes. */
export type DocumentCheck = (document: JsonObject) => void;

/** By the schema as it was read: registries that are made of one pack share what costs most of their time. */
const compiled = new WeakMap<JsonObject, DocumentCheck>();

/**
 * Compiles `systems/<code>/documents/<type>.schema.json`: what leaves is checked against what the vendor accepts. Targets
 * that are never sent, because the vendor's system owns them (`properties.dealstage`), are not required.
 */
export function compileDocumentCheck(
  system: string,
  file: PackFile,
  problems: PackProblem[],
  notSent: readonly string[] = [],
): DocumentCheck | undefined {
  try {
    if (!isObject(file.content)) throw new Error("a schema must be an object");
    const known = notSent.length === 0 ? compiled.get(file.content) : undefined;
    if (known !== undefined) return known;
    const unsafe = checkSchemaSafety(file.content, file.file);
    problems.push(...unsafe);
    if (unsafe.length > 0) return undefined;
    const ajv = addFormats(
      new Ajv2020({ allErrors: false, strict: true, allowUnionTypes: true, strictTypes: false, strictRequired: false }),
    );
    const check = checkWith(ajv.compile(notSent.reduce(withoutRequirement, file.content)), system, file.name);
    if (notSent.length === 0) compiled.set(file.content, check);
    return check;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({ file: file.file, path: "", reason, fix: "Write a valid JSON Schema 2020-12." });
    return undefined;
  }
}

function withoutRequirement(schema: JsonObject, target: string): JsonObject {
  const [key = "", ...rest] = target.split(".");
  const { required, properties } = schema;
  if (rest.length === 0) {
    return Array.isArray(required) ? { ...schema, required: required.filter((name) => name !== key) } : schema;
  }
  const inner = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (!isObject(properties) || !isObject(inner)) return schema;
  return { ...schema, properties: { ...properties, [key]: withoutRequirement(inner, rest.join(".")) } };
}

function checkWith(validate: ValidateFunction, system: string, type: string): DocumentCheck {
  return (document) => {
    if (validate(document)) return;
    const [error] = validate.errors ?? [];
    const missing =
      error?.keyword === "required" ? (error.params as { missingProperty: string }).missingProperty : undefined;
    const at = [jsonPath(error?.instancePath ?? ""), missing]
      .filter((part) => part !== undefined && part !== "")
      .join(".");
    const field = `${system}.${type}.${at}`;
    const reason = missing !== undefined ? "is missing" : error === undefined ? "is not valid" : reasonOf(error);
    // HubSpot's and others' wrapping of all values says nothing to the person who has to correct one.
    const place = inWords(`${type}.${at.replace(/^properties\./, "")}`.replace(/\.$/, ""));
    throw dataFailure(
      "document_refused",
      field,
      `${place} ${reason}: the other system would refuse it.`,
      "Correct the field on the record in Odoo; saving it sends the record again. If the record is right, correct the mapping and retry.",
    );
  };
}
