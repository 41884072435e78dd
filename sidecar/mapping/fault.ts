import { HubError } from "../domain/errors";

/** A value that a function or lookup cannot work with; the line that called it adds the place and makes it a HubError. */
export class ValueFault extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, reason: string, hint?: string) {
    super(reason);
    this.name = "ValueFault";
    this.code = code;
    this.hint = hint;
  }
}

/** A data failure that names its field: `customer.name`. */
export function dataFailure(code: string, field: string, message: string, hint: string): HubError {
  return new HubError({ kind: "data", code, message, hint, field });
}

/** `customer.taxId` → `Customer: tax id`, `contract.lines[2].unitPrice` → `Contract: lines 3, unit price`. */
export function inWords(field: string): string {
  const [object = "", ...rest] = field.split(".");
  const head = spaced(object);
  const title = head.charAt(0).toUpperCase() + head.slice(1);
  if (rest.length === 0) return title;
  return `${title}: ${rest.map((part) => spaced(part.replace(/\[(\d+)\]/g, (_, n: string) => ` ${Number(n) + 1},`))).join(" ")}`;
}

function spaced(name: string): string {
  return name
    .replace(/_/g, " ")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase();
}
