import { listFunctions } from "./functions-lists";
import { numberFunctions } from "./functions-numbers";
import { odooFunctions } from "./functions-odoo";
import { textFunctions } from "./functions-text";
import type { Argument, MappingFunction } from "./mapping-function";

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
