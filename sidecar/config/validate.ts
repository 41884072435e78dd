import Ajv2020, { type ErrorObject } from "ajv/dist/2020";
import type { ConfigProblem } from "./config";
import schema from "./config.schema.json";
import { nearest } from "./nearest";
import { SETTINGS } from "./settings-catalogue";

const ajv = new Ajv2020({ allErrors: true, useDefaults: true, allowUnionTypes: true });
ajv.addVocabulary(["x-env", "x-secret"]);
ajv.addFormat("http-url", (text) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") && !url.username && !url.password;
});
const check = ajv.compile(schema);

/** Checks the values against the schema and fills in defaults, in place. `placeOf` names file and line of a path. */
export function validateValues(values: unknown, placeOf: (keys: string[]) => string): ConfigProblem[] {
  if (check(values)) return [];
  return (check.errors ?? [])
    .filter((error) => error.keyword !== "propertyNames")
    .map((error) => explain(error, placeOf));
}

function explain(error: ErrorObject, placeOf: (keys: string[]) => string): ConfigProblem {
  const parent = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const params = error.params as Record<string, unknown>;
  const at = (keys: string[]): Pick<ConfigProblem, "place" | "path"> => ({
    place: placeOf(keys),
    path: keys.length > 0 ? keys.join(".") : "(file)",
  });

  if (error.propertyName !== undefined) {
    return {
      ...at([...parent, error.propertyName]),
      code: "config_wrong_value",
      reason: `"${error.propertyName}" cannot be the code of a system.`,
      fix: "Use lower-case letters, digits and underscores, beginning with a letter, as in Odoo.",
    };
  }
  switch (error.keyword) {
    case "additionalProperties": {
      const key = String(params["additionalProperty"]);
      const close = nearest(key, siblingsOf(parent));
      return {
        ...at([...parent, key]),
        code: "config_unknown_key",
        reason: `"${key}" is not a configuration key.`,
        fix: close ? `Did you mean "${close}"?` : `Remove it; known here: ${siblingsOf(parent).join(", ")}.`,
      };
    }
    case "required": {
      const key = String(params["missingProperty"]);
      const path = [...parent, key].join(".");
      const env = SETTINGS.find((setting) => setting.path === path)?.env;
      return {
        ...at([...parent, key]),
        code: "config_missing_key",
        reason: `"${key}" is missing.`,
        fix: env ? `Add "${key}:" to the file, or set ${env}.` : `Add the group "${key}:" to the file.`,
      };
    }
    case "enum":
      return {
        ...at(parent),
        code: "config_wrong_value",
        reason: "The value is not one of those allowed.",
        fix: `Use one of: ${(params["allowedValues"] as unknown[]).join(", ")}.`,
      };
    case "format":
      return {
        ...at(parent),
        code: "config_wrong_value",
        reason: "The value is not an http(s) URL, or it holds a user name or password.",
        fix: "Write it as https://host or https://host/path; secrets go into their own keys.",
      };
    default:
      return {
        ...at(parent),
        code: "config_wrong_value",
        reason: `The value ${error.message ?? "is not accepted"}.`,
        fix: "See the key in sidecar/config/hub.example.yaml for what it takes.",
      };
  }
}

/** Keys that may stand where the unknown one was found. */
function siblingsOf(parent: string[]): string[] {
  const prefix = parent.map((part, index) => (parent[0] === "systems" && index === 1 ? "<code>" : part));
  const names = SETTINGS.map((setting) => setting.path.split("."))
    .filter((path) => path.length > prefix.length && prefix.every((part, index) => path[index] === part))
    .map((path) => path[prefix.length] ?? "");
  return [...new Set(names)];
}
