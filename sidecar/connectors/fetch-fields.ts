import { HubError } from "../domain/errors";
import type { FetchDefinition } from "./definition-incoming";
import { parsePath } from "./json-path";

/** Names of the fields that a fetch asks for, by the dotted paths of the record that mappings read: sorted, comma-separated. */
export type FieldsAsked = (reads: readonly string[]) => string;

/** Vendors bound a request's address, and some the number of fields (BambooHR: 400). */
const MOST_FIELDS = 400;

/** Null where the vendor answers all it has, or the definition says by itself what it asks for. */
export function compileFields(fetch: FetchDefinition): FieldsAsked | null {
  if (!fetch.fields) return null;
  const within = parsePath(fetch.fields.in ?? "");
  const { always } = fetch.fields;
  const ids = [fetch.id ?? "id"].flat().filter((id) => typeof id === "string");
  // The id is in every answer, and what `also` names is no field of the vendor's.
  const given = new Set([...ids, ...Object.keys(fetch.also ?? {})].flatMap((path) => fieldOf(path, within)));
  return (reads) => {
    const read = reads.flatMap((path) => fieldOf(path, within)).filter((field) => !given.has(field));
    const names = [...new Set([...always, ...read])].sort();
    if (names.length > MOST_FIELDS) throw tooMany(names.length);
    return names.join(",");
  };
}

/** The field that a path leads through; none where it leads elsewhere. */
function fieldOf(path: string, within: readonly string[]): string[] {
  const steps = parsePath(path);
  const field = steps[within.length];
  return field !== undefined && within.every((step, at) => steps[at] === step) ? [field] : [];
}

function tooMany(count: number): HubError {
  return new HubError({
    kind: "data",
    code: "too_many_fields",
    message: `The mapping of what comes in reads ${count} fields of one record; at most ${MOST_FIELDS} can be asked for.`,
    hint: "Take lines out of the mapping (docs/connectors.md, “fetch”).",
    field: "fetch.fields",
  });
}
