import type { Json } from "../domain/json";

export type Argument = string | number | boolean;

/** One entry of the closed list. Pure: the same value and arguments always give the same result, and nothing else is read. */
export interface MappingFunction {
  /** One sentence for the editor and the guide. */
  description: string;
  /** Names and types of the arguments, in order. */
  arguments: readonly { name: string; type: "text" | "integer" | "number"; optional?: boolean }[];
  /** Gets a value that is neither absent nor null; throws ValueFault for what it cannot work with. */
  call: (value: Json, args: readonly Argument[]) => Json;
}
