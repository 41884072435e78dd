import schema from "./config.schema.json";

/** One configuration key as the schema describes it. */
export interface Setting {
  /** Dotted path: `odoo.url`; a system's keys stand under `systems.<code>`, free names under `<name>`. */
  path: string;
  env: string;
  type: "string" | "number" | "integer" | "boolean" | "array";
  description: string;
  default: unknown;
  /** `value`: a secret, only by reference. `postgres-url`: by reference unless it holds no password. */
  secret: "value" | "postgres-url" | null;
}

interface SchemaNode {
  type?: string | string[];
  enum?: unknown[];
  description?: string;
  default?: unknown;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  "x-env"?: string;
  "x-secret"?: "value" | "postgres-url";
}

/** All keys, in the order of the schema: the environment names, the documentation test and the secret check read this. */
export const SETTINGS: readonly Setting[] = collect(schema as SchemaNode, "");

function collect(node: SchemaNode, path: string): Setting[] {
  const inner = typeof node.additionalProperties === "object" ? node.additionalProperties : null;
  if (node["x-env"] !== undefined) {
    // A map of free names (settings, credentials) is one key here: its entries share its description.
    return [describe(inner ?? node, node, inner ? `${path}.<name>` : path, node["x-env"])];
  }
  const below = Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    collect(child, path ? `${path}.${key}` : key),
  );
  return inner ? [...below, ...collect(inner, `${path}.<code>`)] : below;
}

function describe(valueNode: SchemaNode, node: SchemaNode, path: string, env: string): Setting {
  const type = Array.isArray(valueNode.type) ? "string" : (valueNode.type ?? "string");
  return {
    path,
    env,
    type: type as Setting["type"],
    description: node.description ?? "",
    default: node === valueNode ? node.default : undefined,
    secret: valueNode["x-secret"] ?? null,
  };
}

/** The setting a dotted path of the file belongs to, or undefined for a group of keys. */
export function settingAt(path: readonly string[]): Setting | undefined {
  const generic = path.map((part, index) =>
    path[0] !== "systems" ? part : index === 1 ? "<code>" : index === 3 ? "<name>" : part,
  );
  const wanted = generic.join(".");
  return SETTINGS.find((setting) => setting.path === wanted);
}
