import { Ajv2020, type ErrorObject } from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { HubError } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import type { LoadedDefinition } from "./definition";

/**
 * Checks a connection's settings and credentials against what the vendor's folder asks for, and fills in the defaults of settings.
 * @throws HubError `connection_invalid`; the message names the key and never shows a value
 */
export function checkConnection(
  loaded: LoadedDefinition,
  connection: { baseUrl?: string; settings: JsonObject; credentials: JsonObject },
): { settings: JsonObject; credentials: JsonObject } {
  const { definition } = loaded;
  const settings = structuredClone(connection.settings);
  checkAgainst(
    definition.settings ?? { type: "object", additionalProperties: false },
    settings,
    definition.name,
    "settings",
  );
  checkAgainst(loaded.credentialsSchema, connection.credentials, definition.name, "credentials");
  if (connection.baseUrl !== undefined && !/^https?:\/\//.test(connection.baseUrl)) {
    throw invalid(definition.name, "baseUrl", "is not an http or https URL");
  }
  return { settings, credentials: connection.credentials };
}

function checkAgainst(schema: JsonObject, value: JsonObject, systemName: string, place: string): void {
  const ajv = new Ajv2020({ allErrors: false, useDefaults: true, strict: false });
  addFormats(ajv);
  // its $schema is for editors: the folder's files are checked when they are loaded
  const validate = ajv.compile({ ...schema, $schema: "https://json-schema.org/draft/2020-12/schema" });
  if (validate(value)) return;
  const [error] = validate.errors ?? [];
  throw invalid(systemName, `${place}${error ? pointerOf(error) : ""}`, reasonOf(error));
}

function pointerOf(error: ErrorObject): string {
  const path = error.instancePath.replaceAll("/", ".");
  const params = error.params as { missingProperty?: string; additionalProperty?: string };
  const name = params.missingProperty ?? params.additionalProperty;
  return name === undefined ? path : `${path}.${name}`;
}

function reasonOf(error: ErrorObject | undefined): string {
  if (error?.keyword === "required") return "is missing";
  if (error?.keyword === "additionalProperties") return "is not a key of this connection";
  return error?.message ?? "is not valid";
}

function invalid(systemName: string, field: string, reason: string): HubError {
  return new HubError({
    kind: "credential",
    code: "connection_invalid",
    message: `The ${systemName} connection cannot be used: ${field} ${reason}.`,
    hint: "Correct the connection in the configuration; the vendor's instructions.md lists its settings and credentials.",
    field,
  });
}
