import mappingSchema from "../../mappings/schema/mapping.schema.json";
import type { Json, JsonObject } from "../domain/json";
import { FUNCTIONS } from "./functions";
import type { MappingPack } from "./load";
import { artifactKind } from "./pack-files";
import { isObject } from "./paths";

/** One text that Odoo's editor shows or builds on. */
export interface LibraryEntry {
  /** `customer/1`, `hubspot/company`, or a path in the pack. */
  code: string;
  title: string;
  content: Json;
}

/** The pack as Odoo's editor needs it, besides the catalogue. */
export interface Library {
  /** Canonical schemas by object and version, `customer/1`; `common/1` holds what they share. */
  schemas: LibraryEntry[];
  /** Forms of what systems take, `hubspot/company`. */
  documents: LibraryEntry[];
  /** The shipped content of what can be changed in Odoo, by path in the pack. */
  files: LibraryEntry[];
  /** One entry, `mapping`: `{"functions": [{"name", "description", "arguments"}], "schema": mapping.schema.json}`. */
  language: LibraryEntry[];
}

export function libraryOf(pack: MappingPack): Library {
  const library: Library = { schemas: [], documents: [], files: [], language: [language()] };
  for (const [path, content] of pack.files) {
    const [, system, type] = /^systems\/([^/]+)\/documents\/(.+)\.schema\.json$/.exec(path) ?? [];
    if (path.startsWith("canonical/")) library.schemas.push(schemaEntry(path, content));
    else if (system !== undefined) library.documents.push(entry(`${system}/${type}`, content));
    else if (artifactKind(path) !== undefined) library.files.push(entry(path, content));
  }
  return library;
}

function schemaEntry(path: string, content: Json): LibraryEntry {
  const id = isObject(content) ? content["$id"] : undefined;
  return entry(typeof id === "string" ? id.replace("hub:canonical/", "") : path, content);
}

function entry(code: string, content: Json): LibraryEntry {
  const title = isObject(content) ? (content["title"] ?? content["name"]) : undefined;
  return { code, title: typeof title === "string" ? title : code, content };
}

function language(): LibraryEntry {
  const functions = [...FUNCTIONS].map(([name, { description, arguments: parts }]): JsonObject => {
    return { name, description, arguments: parts.map((part) => ({ ...part })) };
  });
  return { code: "mapping", title: "Mapping language", content: { functions, schema: mappingSchema as Json } };
}
