import type { Json, JsonObject } from "../domain/json";
import type { MappingLine } from "./definition";
import type { MappingPack } from "./load";
import { isObject } from "./paths";
import { collectSourcePaths } from "./source-paths";

/** What a mapping leaves out, by dotted path. */
export interface Coverage {
  /** Required fields of its target that no line writes. */
  unmappedRequired: string[];
  /** Fields of its canonical source that no line reads. An Odoo mapping has none: a model's fields are Odoo's to know. */
  unusedSource: string[];
}

interface Field {
  path: string;
  required: boolean;
}

/** A schema that refers to itself is followed no deeper. */
const DEEPEST = 6;

/** What the mapping at `path` leaves out; broken files are taken as far as they go. `overlay` as in `MappingPack.registry`. */
export function coverageOf(pack: MappingPack, overlay: Readonly<Record<string, Json>>, path: string): Coverage {
  const mapping = overlay[path] ?? pack.files.get(path);
  if (!isObject(mapping) || !Array.isArray(mapping["lines"])) return { unmappedRequired: [], unusedSource: [] };
  const lines = mapping["lines"].filter(isObject) as unknown as MappingLine[];
  const schemas = new Map(
    [...pack.files.values()].flatMap((file) => (isObject(file) ? [[textOf(file["$id"]), file]] : [])),
  );
  const target = fieldsOf(targetSchema(pack, schemas, path, mapping["target"]), schemas);
  const source = fieldsOf(canonicalSchema(schemas, mapping["source"]), schemas);
  const written = writtenBy(lines, "");
  const read = sourcesOf(lines);
  return {
    unmappedRequired: target
      .filter((field) => field.required && !covered(field.path, written))
      .map(({ path: at }) => at),
    unusedSource: source.filter((field) => !covered(field.path, read)).map(({ path: at }) => at),
  };
}

function targetSchema(pack: MappingPack, schemas: Schemas, path: string, target: Json | undefined): Json | undefined {
  const system = /^systems\/([^/]+)\//.exec(path)?.[1];
  if (system === undefined) return canonicalSchema(schemas, target);
  const type = isObject(target) ? textOf(target["type"]) : "";
  return pack.files.get(`systems/${system}/documents/${type}.schema.json`);
}

type Schemas = ReadonlyMap<string, JsonObject>;

function canonicalSchema(schemas: Schemas, end: Json | undefined): Json | undefined {
  return isObject(end) ? schemas.get(`hub:canonical/${textOf(end["object"])}/${textOf(end["version"])}`) : undefined;
}

/** The leaves of a schema; lists are passed through. A leaf is required when all around it are. */
function fieldsOf(schema: Json | undefined, schemas: Schemas): Field[] {
  const found: Field[] = [];
  const visit = (
    node: Json | undefined,
    home: Json | undefined,
    path: string,
    required: boolean,
    depth: number,
  ): void => {
    const [inner, place] = resolve(node, home, schemas);
    const items = isObject(inner) && inner["items"] !== undefined ? resolve(inner["items"], place, schemas) : null;
    const [object, at] = items ?? [inner, place];
    const properties = isObject(object) ? object["properties"] : undefined;
    if (!isObject(properties) || depth >= DEEPEST) {
      if (path !== "") found.push({ path, required });
      return;
    }
    const wanted = isObject(object) && Array.isArray(object["required"]) ? object["required"] : [];
    for (const [name, property] of Object.entries(properties))
      visit(property, at, path === "" ? name : `${path}.${name}`, required && wanted.includes(name), depth + 1);
  };
  visit(schema, schema, "", true, 0);
  return found;
}

function resolve(
  node: Json | undefined,
  home: Json | undefined,
  schemas: Schemas,
): [Json | undefined, Json | undefined] {
  const reference = isObject(node) ? node["$ref"] : undefined;
  if (typeof reference !== "string") return [node, home];
  const [id = "", pointer = ""] = reference.split("#");
  const document: Json | undefined = id === "" ? home : schemas.get(id);
  let target = document;
  for (const part of pointer.split("/").slice(1))
    target = isObject(target) && Object.hasOwn(target, part) ? target[part] : undefined;
  return [target, document];
}

function writtenBy(lines: readonly MappingLine[], prefix: string): string[] {
  return lines.flatMap((line) => {
    const to = `${prefix}${String(line.to)}`;
    return Array.isArray(line.lines) ? writtenBy(line.lines, `${to}.`) : [to];
  });
}

function sourcesOf(lines: readonly MappingLine[]): string[] {
  try {
    return collectSourcePaths(lines);
  } catch {
    // A line that is not one yet; the problems say so.
    return [];
  }
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Written or read itself, with what is around it, or in part. */
function covered(path: string, by: readonly string[]): boolean {
  return by.some((other) => other === path || path.startsWith(`${other}.`) || other.startsWith(`${path}.`));
}
