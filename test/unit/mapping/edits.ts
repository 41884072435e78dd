import type { Json, JsonObject } from "../../../sidecar/domain/json";
import { isObject } from "../../../sidecar/mapping/paths";

/** Changes a JSON document in place at a dotted path: `undefined` removes what is there. */
export type Edit = (document: JsonObject) => void;

export function set(path: string, value: Json | undefined): Edit {
  return (document) => {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    const parent = at(document, keys);
    if (!isObject(parent)) throw new Error(`there is nothing at ${keys.join(".")}`);
    if (value === undefined) delete parent[last];
    else parent[last] = value;
  };
}

/** Adds to the list at a path. */
export function add(path: string, value: Json): Edit {
  return (document) => void listAt(document, path).push(value);
}

/** Takes a value out of the list at a path; throws when it is not in it. */
export function take(path: string, value: Json): Edit {
  return (document) => {
    const list = listAt(document, path);
    const index = list.indexOf(value);
    if (index === -1) throw new Error(`${path} does not hold ${JSON.stringify(value)}`);
    list.splice(index, 1);
  };
}

function listAt(document: JsonObject, path: string): Json[] {
  const list = at(document, path.split("."));
  if (!Array.isArray(list)) throw new Error(`there is no list at ${path}`);
  return list;
}

function at(document: JsonObject, keys: readonly string[]): Json | undefined {
  return keys.reduce<Json | undefined>((value, key) => (isObject(value) ? value[key] : undefined), document);
}
