import type { FindDefinition, ObjectDefinition, RequestDefinition } from "../connectors/definition";

/** What is done with a record at the vendor, as far as calls are concerned. An update is one of a record whose link is known. */
export type Change = "create" | "update" | "delete";

/** One kind of call that a change costs. */
export interface Call {
  /** For people: `find`, `create`, `associate with its company`. */
  what: string;
  bucket: string;
  /** How many calls one record, or one batch of records, takes. */
  calls: number;
  /** Records that go together; 1 where the vendor takes them one by one. */
  batch: number;
}

/**
 * The calls that one record of an object type costs, in the order in which they go. Steps that the mapping can never ask for are left out;
 * look-ups that are remembered (`needs`) cost next to nothing in a long run and are left out too.
 * @param fills target paths that the system's mapping may fill
 * @param findPages pages of a look-up that has to read through a list
 */
export function callsOf(object: ObjectDefinition, change: Change, fills: readonly string[], findPages = 1): Call[] {
  if (change === "delete") {
    return object.delete && "request" in object.delete ? [call("delete", object.delete.request)] : [];
  }
  const batch = object.upsert?.batch?.max ?? 1;
  const after = (object.after ?? [])
    .filter((step) => mayHold(step.when, fills) && mayHold(step.each, fills))
    .map((step) => call(step.name, step.request, step.batch ? Math.min(step.batch.max, batch) : 1));
  return [...writing(object, change, fills, findPages), ...after];
}

function writing(object: ObjectDefinition, change: Change, fills: readonly string[], findPages: number): Call[] {
  const { upsert, create, update } = object;
  if (upsert) return [call("upsert", upsert.request, upsert.batch?.max ?? 1)];
  if (change === "update") return update ? [call("update", update.request)] : [];
  const finds = usable(object.find ?? [], fills).flatMap((find) => [
    { ...call("find", find.request), calls: find.pagination ? findPages : 1 },
    ...(find.confirm ? [call("confirm", find.confirm.request)] : []),
  ]);
  return [...finds, ...(create ? [call("create", create.request)] : [])];
}

/** Finds with a condition are alternatives: of those that the mapping can ask for, a record uses one. */
function usable(finds: readonly FindDefinition[], fills: readonly string[]): FindDefinition[] {
  const alternative = finds.find((find) => find.when !== undefined && mayHold(find.when, fills));
  return [...finds.filter((find) => find.when === undefined), ...(alternative ? [alternative] : [])];
}

function call(what: string, request: RequestDefinition, batch = 1): Call {
  return { what, bucket: request.bucket ?? "default", calls: 1, batch };
}

/** Whether a condition on the document (`doc.associations.company`) can hold for what the mapping makes. */
function mayHold(when: string | undefined, fills: readonly string[]): boolean {
  if (when === undefined || !when.startsWith("doc.")) return true;
  const wanted = when.slice("doc.".length);
  return fills.some((path) => `${wanted}.`.startsWith(`${path}.`) || `${path}.`.startsWith(`${wanted}.`));
}

/** Calls that so many records take. */
export function callCount({ calls, batch }: Call, records: number): number {
  return Math.ceil(Math.ceil(records / batch) * calls);
}
