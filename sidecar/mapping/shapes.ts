import type { ErrorObject, ValidateFunction } from "ajv";
import Ajv2020 from "ajv/dist/2020";
import canonicalMetaSchema from "../../mappings/schema/canonical-meta.schema.json";
import mappingSchema from "../../mappings/schema/mapping.schema.json";
import ownershipSchema from "../../mappings/schema/ownership.schema.json";
import ruleSchema from "../../mappings/schema/rule.schema.json";
import settingsSchema from "../../mappings/schema/settings.schema.json";
import tableSchema from "../../mappings/schema/table.schema.json";
import type { PackProblem } from "./problem";

// `verbose` stays off: an error must not carry the data it was found in.
const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  strictRequired: false,
  strictTypes: false,
});
const validateMapping = ajv.compile(mappingSchema);
const validateRule = ajv.compile(ruleSchema);
const validateCanonicalMeta = ajv.compile(canonicalMetaSchema);
const validateTable = ajv.compile(tableSchema);
const validateSettings = ajv.compile(settingsSchema);
const validateOwnership = ajv.compile(ownershipSchema);

/** What is wrong with the form of a mapping file; unknown keys are refused. */
export function checkMappingShape(definition: unknown, file: string): PackProblem[] {
  return check(validateMapping, definition, file, "See mappings/schema/mapping.schema.json and docs/mappings.md.");
}

/** What is wrong with the form of a rule file. */
export function checkRuleShape(definition: unknown, file: string): PackProblem[] {
  return check(validateRule, definition, file, "See mappings/schema/rule.schema.json.");
}

/** What is wrong with a canonical schema as one of ours: closed, described, classified. */
export function checkCanonicalShape(definition: unknown, file: string): PackProblem[] {
  return check(validateCanonicalMeta, definition, file, "See mappings/schema/canonical-meta.schema.json.");
}

/** What is wrong with the form of a value table. */
export function checkTableShape(definition: unknown, file: string): PackProblem[] {
  return check(validateTable, definition, file, "See mappings/schema/table.schema.json and docs/mappings.md.");
}

/** What is wrong with the form of `ownership.json`. */
export function checkOwnershipShape(definition: unknown, file: string): PackProblem[] {
  return check(validateOwnership, definition, file, "See mappings/schema/ownership.schema.json and docs/mappings.md.");
}

/** What is wrong with the form of a connector's `settings.json`; whether it fits the definition is asked where that is known. */
export function checkSettingsShape(definition: unknown, file: string): PackProblem[] {
  return check(validateSettings, definition, file, "See mappings/schema/settings.schema.json and docs/connectors.md.");
}

function check(validate: ValidateFunction, data: unknown, file: string, fix: string): PackProblem[] {
  if (validate(data)) return [];
  // Branches of an anyOf or if repeat what their parent says; the deepest message is the one that helps.
  const errors = (validate.errors ?? []).filter((error) => error.keyword !== "if");
  return errors
    .slice(0, 50)
    .map((error) => ({ file, path: jsonPath(error.instancePath), reason: reasonOf(error), fix }));
}

/** `/lines/3/from` → `lines[3].from`. */
export function jsonPath(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === "" ? part : `${path}.${part}`), "");
}

function reasonOf(error: ErrorObject): string {
  const params = error.params as Record<string, unknown>;
  if (error.keyword === "additionalProperties") return `unknown key "${String(params["additionalProperty"])}"`;
  if (error.keyword === "enum") return `must be one of ${(params["allowedValues"] as unknown[]).join(", ")}`;
  return error.message ?? "is not valid";
}
