import type { Json, JsonObject } from "../domain/json";
import { ValueFault } from "./fault";
import type { MappingFunction } from "./mapping-function";
import { isObject } from "./paths";

export const odooFunctions: Record<string, MappingFunction> = {
  lane: {
    description: "The canonical identifier of a record: its id with the model's name, “res.partner,42”.",
    arguments: [{ name: "model", type: "text" }],
    call: (value, args) => {
      if (typeof value !== "number" || !Number.isInteger(value)) {
        throw new ValueFault("mapping_value_unusable", "a record's id must be a whole number");
      }
      return `${String(args[0])},${value}`;
    },
  },
  reference: {
    description:
      "A many-to-one of the snapshot as a canonical reference: its identifier and its name. What externalRef made becomes one without a name.",
    arguments: [],
    call: (value) => {
      if (typeof value === "string" && /^[a-z0-9_-]+:[A-Za-z0-9_]+,/.test(value)) return { id: value };
      if (isObject(value) && Object.hasOwn(value, "id") && Object.hasOwn(value, "model")) {
        const { id, model } = value;
        if (typeof id === "number" && Number.isInteger(id) && typeof model === "string") {
          return { id: `${model},${id}`, name: nameOf(value) };
        }
      }
      throw new ValueFault("mapping_value_unusable", "the value is not a reference to another record");
    },
  },
  externalRef: {
    description:
      "The canonical identifier of another system's record: its id with the system and the type, “hubspot:company,123”.",
    arguments: [{ name: "type", type: "text" }],
    only: "fromSystem",
    call: (value, args, system) => {
      if ((typeof value !== "string" && typeof value !== "number") || /\s/.test(String(value))) {
        throw new ValueFault("mapping_value_unusable", "a record's id must be a text or number without spaces");
      }
      return `${system}:${String(args[0])},${value}`;
    },
  },
  record: {
    description:
      "The Odoo record behind a canonical identifier or reference; a list gives a list. What is not linked yet is waited for.",
    arguments: [],
    only: "toOdoo",
    call: (value) => (Array.isArray(value) ? value.map(recordOf) : recordOf(value)),
  },
  find: {
    description:
      "The one Odoo record of a model whose field holds the value. With several fields, separated by commas, the value is a list in their order.",
    arguments: [
      { name: "model", type: "text" },
      { name: "fields", type: "text" },
    ],
    only: "toOdoo",
    call: (value, args) => {
      const fields = String(args[1]).split(",");
      const values = fields.length === 1 ? [value] : value;
      if (!Array.isArray(values) || values.length !== fields.length) {
        throw new ValueFault("mapping_value_unusable", `${fields.length} values are needed to find a record`);
      }
      const by = Object.fromEntries(fields.map((field, index) => [field.trim(), values[index] ?? null]));
      return { $find: { model: String(args[0]), by } };
    },
  },
};

function recordOf(value: Json): Json {
  const id = isObject(value) && Object.hasOwn(value, "id") ? value["id"] : value;
  if (typeof id === "string" && id !== "") return { $record: id };
  throw new ValueFault("mapping_value_unusable", "the value is not a reference to another record");
}

function nameOf(value: JsonObject): string | null {
  const name = Object.hasOwn(value, "name") ? value["name"] : null;
  return typeof name === "string" ? name : null;
}
