import type { Json } from "../domain/json";
import { listFunctions } from "./functions-lists";
import { numberFunctions } from "./functions-numbers";
import { odooFunctions } from "./functions-odoo";
import { textFunctions } from "./functions-text";

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

/** The closed list. A name that is not here does not compile. */
export const FUNCTIONS: ReadonlyMap<string, MappingFunction> = new Map(
  [textFunctions, numberFunctions, listFunctions, odooFunctions].flatMap((group) => Object.entries(group)),
);

/** Checks the arguments of a call; the answer is undefined when they fit, else what is wrong. */
export function checkArguments(fn: MappingFunction, args: readonly Argument[]): string | undefined {
  const required = fn.arguments.filter((argument) => argument.optional !== true).length;
  if (args.length < required || args.length > fn.arguments.length) {
    const range = required === fn.arguments.length ? `${required}` : `${required} to ${fn.arguments.length}`;
    return `needs ${range} argument(s), got ${args.length}`;
  }
  for (const [index, value] of args.entries()) {
    const wanted = fn.arguments[index];
    if (wanted === undefined) continue;
    const fits =
      wanted.type === "text"
        ? typeof value === "string"
        : typeof value === "number" && (wanted.type === "number" || Number.isInteger(value));
    if (!fits)
      return `argument "${wanted.name}" must be ${wanted.type === "integer" ? "a whole number" : `a ${wanted.type}`}`;
  }
  return undefined;
}
