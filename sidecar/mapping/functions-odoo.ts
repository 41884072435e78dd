import type { JsonObject } from "../domain/json";
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
    description: "A many-to-one of the snapshot as a canonical reference: its identifier and its name.",
    arguments: [],
    call: (value) => {
      if (isObject(value) && Object.hasOwn(value, "id") && Object.hasOwn(value, "model")) {
        const { id, model } = value;
        if (typeof id === "number" && Number.isInteger(id) && typeof model === "string") {
          return { id: `${model},${id}`, name: nameOf(value) };
        }
      }
      throw new ValueFault("mapping_value_unusable", "the value is not a reference to another record");
    },
  },
};

function nameOf(value: JsonObject): string | null {
  const name = Object.hasOwn(value, "name") ? value["name"] : null;
  return typeof name === "string" ? name : null;
}
