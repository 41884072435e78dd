import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../domain/json";
import { LIMITS } from "./limits";
import type { PackProblem } from "./problem";

/** One JSON file of the pack. */
export interface PackFile {
  /** Relative to the pack, `systems/hubspot/mappings/customer.json`. */
  file: string;
  /** File name without `.json` or `.schema.json`. */
  name: string;
  content: Json;
}

/** The files of a pack, by what they are. */
export interface PackFiles {
  canonical: PackFile[];
  odoo: PackFile[];
  /** What comes in: objects to Odoo documents. */
  odooIn: PackFile[];
  odooTables: PackFile[];
  rules: PackFile[];
  ownership: PackFile | undefined;
  systems: SystemFiles[];
}

export interface SystemFiles {
  code: string;
  mappings: PackFile[];
  /** What comes in: the system's records to objects. */
  inMappings: PackFile[];
  tables: PackFile[];
  documents: PackFile[];
  settings: PackFile | undefined;
}

/** A pack as it was read, before anything of it was looked into. */
export interface PackContents {
  /** Content by path in the pack, in the order of the paths. */
  files: ReadonlyMap<string, Json>;
  /** Codes of the systems that have a folder. */
  systems: readonly string[];
}

/** Content by path in the pack: what is laid over the files, `{"odoo/customer.json": {…}}`. */
export type Overlay = ReadonlyMap<string, Json> | Readonly<Record<string, Json>>;

/** What an administrator may change in Odoo. Canonical schemas and vendors' documents change with the hub itself. */
export type ArtifactKind = "mapping" | "table" | "rule" | "ownership" | "settings";

const ARTIFACTS: readonly [ArtifactKind, RegExp][] = [
  ["mapping", /^(?:odoo|systems\/[a-z][a-z0-9_-]*\/mappings)\/(?:in\/)?[A-Za-z0-9_-]+\.json$/],
  ["table", /^(?:odoo|systems\/[a-z][a-z0-9_-]*)\/tables\/[A-Za-z0-9_-]+\.json$/],
  ["rule", /^rules\/[A-Za-z0-9_-]+\.json$/],
  ["ownership", /^ownership\.json$/],
  ["settings", /^systems\/[a-z][a-z0-9_-]*\/settings\.json$/],
];

/** What kind of artifact a path of the pack is; undefined for what cannot be changed in Odoo. */
export function artifactKind(path: string): ArtifactKind | undefined {
  return ARTIFACTS.find(([, form]) => form.test(path))?.[0];
}

/**
 * Reads a pack from one folder or from several laid over each other: a file of a later folder takes the place of the file
 * with the same name in an earlier one, so a firm changes one mapping without copying all.
 */
export function readContents(folders: readonly string[], problems: PackProblem[]): PackContents {
  const systems = systemCodes(folders);
  const files = new Map<string, Json>();
  for (const [file, path] of [...filesOf(folders, systems)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const content = readJson(path, file, problems);
    if (content !== undefined) files.set(file, content);
  }
  return { files, systems };
}

/** The pack with what was changed in Odoo laid over it; what may not be changed there is a problem. */
export function layOver(pack: PackContents, overlay: Overlay, problems: PackProblem[]): PackContents {
  const files = new Map(pack.files);
  const changed: Iterable<[string, Json]> = overlay instanceof Map ? overlay : Object.entries(overlay);
  for (const [file, content] of changed) {
    const problem = artifactProblem(file, pack.systems) ?? contentProblem(content, file);
    if (problem === undefined) files.set(file, content);
    else problems.push(problem);
  }
  return { files, systems: pack.systems };
}

/** Sorts contents into what the loader works through. */
export function sortFiles({ files, systems }: PackContents): PackFiles {
  const all = [...files].map(([file, content]) => ({
    file,
    name: (file.split("/").at(-1) ?? file).replace(/(\.schema)?\.json$/, ""),
    content,
  }));
  const inside = (folder: string): PackFile[] =>
    all
      .filter(({ file }) => file.slice(0, file.lastIndexOf("/")) === folder)
      .sort((a, b) => (a.file < b.file ? -1 : 1));
  const exactly = (path: string): PackFile | undefined => all.find(({ file }) => file === path);
  return {
    canonical: inside("canonical"),
    odoo: inside("odoo"),
    odooIn: inside("odoo/in"),
    odooTables: inside("odoo/tables"),
    rules: inside("rules"),
    ownership: exactly("ownership.json"),
    systems: systems.map((code) => ({
      code,
      mappings: inside(`systems/${code}/mappings`),
      inMappings: inside(`systems/${code}/mappings/in`),
      tables: inside(`systems/${code}/tables`),
      documents: inside(`systems/${code}/documents`),
      settings: exactly(`systems/${code}/settings.json`),
    })),
  };
}

function systemCodes(folders: readonly string[]): string[] {
  const codes = folders.flatMap((folder) => {
    const systems = join(folder, "systems");
    if (!existsSync(systems)) return [];
    return readdirSync(systems, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  });
  return [...new Set(codes)].sort();
}

/** Path in the pack → path on disk, of every file that the mapping stage reads. */
function filesOf(folders: readonly string[], systems: readonly string[]): Map<string, string> {
  const inside = ["canonical", "odoo", "odoo/in", "odoo/tables", "rules"];
  const single = ["ownership.json"];
  for (const code of systems) {
    for (const name of ["mappings", "mappings/in", "tables", "documents"]) inside.push(`systems/${code}/${name}`);
    single.push(`systems/${code}/settings.json`);
  }
  const chosen = new Map<string, string>();
  for (const folder of folders) {
    for (const file of single) if (existsSync(join(folder, file))) chosen.set(file, join(folder, file));
    for (const part of inside) {
      if (!existsSync(join(folder, part))) continue;
      for (const name of readdirSync(join(folder, part)))
        if (name.endsWith(".json")) chosen.set(`${part}/${name}`, join(folder, part, name));
    }
  }
  return chosen;
}

function artifactProblem(file: string, systems: readonly string[]): PackProblem | undefined {
  if (artifactKind(file) === undefined) {
    const reason = "this file cannot be changed in Odoo";
    return { file, path: "", reason, fix: "Change mappings, tables, rules, ownership.json or settings.json." };
  }
  const code = /^systems\/([^/]+)\//.exec(file)?.[1];
  if (code === undefined || systems.includes(code)) return undefined;
  const fix = "Add the system's folder to the pack first (docs/connectors.md).";
  return { file, path: "", reason: `the pack has no system "${code}"`, fix };
}

function readJson(path: string, file: string, problems: PackProblem[]): Json | undefined {
  try {
    if (statSync(path).size > LIMITS.fileBytes) {
      problems.push(tooLarge(file));
      return undefined;
    }
    const content = JSON.parse(readFileSync(path, "utf8")) as Json;
    const problem = contentProblem(content, file);
    if (problem === undefined) return content;
    problems.push(problem);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({ file, path: "", reason: `cannot be read as JSON: ${reason}`, fix: "Correct the file." });
  }
  return undefined;
}

const tooLarge = (file: string): PackProblem => ({
  file,
  path: "",
  reason: `the file is larger than ${LIMITS.fileBytes / 1_000_000} MB`,
  fix: "Split it.",
});

/**
 * Refuses what no file of ours holds before anything else looks at it: nesting that would exhaust the stack of whoever walks it, keys that
 * name a prototype, and more text than the bound. Walks by a list of its own, so that the content cannot exhaust this function's.
 */
function contentProblem(content: Json, file: string): PackProblem | undefined {
  const waiting: { value: Json; path: string; depth: number }[] = [{ value: content, path: "", depth: 0 }];
  let size = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path, depth } = next;
    size += typeof value === "string" ? value.length + 2 : 4;
    if (size > LIMITS.fileBytes) return tooLarge(file);
    if (typeof value !== "object" || value === null) continue;
    if (depth >= LIMITS.nesting) {
      return { file, path, reason: `is nested more than ${LIMITS.nesting} deep`, fix: "Write it flatter." };
    }
    for (const [key, inner] of Object.entries(value)) {
      size += Array.isArray(value) ? 1 : key.length + 3;
      const at = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      if (key === "__proto__")
        return { file, path: at, reason: 'the key "__proto__" is not allowed', fix: "Rename it." };
      waiting.push({ value: inner, path: at, depth: depth + 1 });
    }
  }
  return undefined;
}
