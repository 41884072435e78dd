import type { Json } from "../domain/json";

export type Argument = string | number | boolean;

/** One entry of the closed list. Pure: the same value and arguments always give the same result, and nothing else is read. */
export interface MappingFunction {
  /** One sentence for the editor and the guide. */
  description: string;
  /** Names and types of the arguments, in order. */
  arguments: readonly { name: string; type: "text" | "integer" | "number"; optional?: boolean }[];
  /** The only mappings it exists in: from a vendor's record to an object, or from an object to an Odoo document. Default: all. */
  only?: "fromSystem" | "toOdoo";
  /** Gets a value that is neither absent nor null; throws ValueFault for what it cannot work with. `system`: the code of the connection that a record came from. */
  call: (value: Json, args: readonly Argument[], system: string) => Json;
}
