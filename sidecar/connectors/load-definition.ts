import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { HubError, isHubError } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import type { ConnectorDefinition, LoadedDefinition } from "./definition";
import { checkReferences } from "./check-references";

/**
 * Reads and checks a vendor's folder: `connector.json` and `credentials.schema.json`.
 * @param folder `mappings/systems/<code>`
 * @param schemas `mappings/schema`, where our own formats are described
 * @throws HubError `connector_invalid` with file, place, reason and fix
 */
export function loadDefinition(folder: string, schemas: string): LoadedDefinition {
  const file = path.join(folder, "connector.json");
  const definition = readJson(file);
  mustMatch(schema(path.join(schemas, "connector.schema.json")), definition, file);
  const credentialsFile = path.join(folder, "credentials.schema.json");
  const credentialsSchema = readJson(credentialsFile);
  mustMatch(schema(path.join(schemas, "credentials-meta.schema.json")), credentialsSchema, credentialsFile);
  const loaded = { definition: definition as unknown as ConnectorDefinition, credentialsSchema, folder };
  inFile(file, () => checkReferences(loaded));
  return loaded;
}

function readJson(file: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw invalid(
      file,
      "",
      "cannot be read",
      "Every vendor folder holds this file; docs/connectors.md shows one.",
      cause,
    );
  }
  try {
    const parsed = JSON.parse(text) as Json;
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch (cause) {
    throw invalid(file, "", `is not JSON: ${(cause as Error).message}`, "Correct the place named.", cause);
  }
  throw invalid(file, "", "is not a JSON object", "It begins with { and ends with }.");
}

const compiled = new Map<string, ValidateFunction>();

function schema(file: string): ValidateFunction {
  let validate = compiled.get(file);
  if (!validate) {
    const ajv = new Ajv2020({ allErrors: true, strict: false, verbose: true });
    addFormats(ajv);
    validate = ajv.compile(readJson(file));
    compiled.set(file, validate);
  }
  return validate;
}

function mustMatch(validate: ValidateFunction, value: JsonObject, file: string): void {
  if (validate(value)) return;
  const error = mostSpecific(validate.errors ?? []);
  const params = (error?.params ?? {}) as {
    missingProperty?: string;
    additionalProperty?: string;
    unevaluatedProperty?: string;
    allowedValues?: Json[];
  };
  const place = error?.instancePath ?? "";
  const unknown = params.additionalProperty ?? params.unevaluatedProperty;
  if (unknown !== undefined) {
    throw invalid(
      file,
      `${place}/${unknown}`,
      "is not a key of this format",
      "Remove it, or correct its spelling; docs/connectors.md lists every key.",
    );
  }
  if (params.missingProperty !== undefined) {
    throw invalid(
      file,
      `${place}/${params.missingProperty}`,
      "is missing",
      "Add it; docs/connectors.md says what it means.",
    );
  }
  const allowed = params.allowedValues
    ? ` (${params.allowedValues.map((value) => JSON.stringify(value)).join(", ")})`
    : "";
  throw invalid(
    file,
    place,
    `${error?.message ?? "is not valid"}${allowed}`,
    "Compare the key's description in docs/connectors.md.",
  );
}

/** The error deepest inside the document: alternatives of a schema also complain higher up, in less useful words. */
function mostSpecific(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const depth = (error: ErrorObject): number => error.instancePath.split("/").length;
  const telling = errors.filter(({ keyword }) => keyword !== "oneOf" && keyword !== "anyOf" && keyword !== "if");
  return [...(telling.length > 0 ? telling : errors)].sort((a, b) => depth(b) - depth(a))[0];
}

function inFile(file: string, check: () => void): void {
  try {
    check();
  } catch (thrown) {
    if (!isHubError(thrown)) throw invalid(file, "", (thrown as Error).message, "Correct the pattern.", thrown);
    const { message, hint, field = "" } = thrown.failure;
    throw invalid(file, field, message, hint, thrown);
  }
}

function invalid(file: string, place: string, reason: string, hint: string, cause?: unknown): HubError {
  const where = place === "" ? file : `${file} at ${place}`;
  return new HubError(
    { kind: "data", code: "connector_invalid", message: `${where}: ${reason}`, hint, field: place || file },
    { cause },
  );
}
