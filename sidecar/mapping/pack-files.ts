import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../domain/json";
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
  odooTables: PackFile[];
  rules: PackFile[];
  systems: { code: string; mappings: PackFile[]; tables: PackFile[]; documents: PackFile[] }[];
}

const MAX_BYTES = 1_000_000;

/**
 * Reads a pack from one folder or from several laid over each other: a file of a later folder takes the place of the file
 * with the same name in an earlier one, so a firm changes one mapping without copying all.
 */
export function readPack(folders: readonly string[], problems: PackProblem[]): PackFiles {
  const read = (...parts: string[]): PackFile[] => readFolder(folders, join(...parts), problems);
  return {
    canonical: read("canonical"),
    odoo: read("odoo"),
    odooTables: read("odoo", "tables"),
    rules: read("rules"),
    systems: systemCodes(folders).map((code) => ({
      code,
      mappings: read("systems", code, "mappings"),
      tables: read("systems", code, "tables"),
      documents: read("systems", code, "documents"),
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

function readFolder(folders: readonly string[], inside: string, problems: PackProblem[]): PackFile[] {
  const chosen = new Map<string, string>();
  for (const folder of folders) {
    const path = join(folder, inside);
    if (!existsSync(path)) continue;
    for (const name of readdirSync(path)) if (name.endsWith(".json")) chosen.set(name, join(path, name));
  }
  return [...chosen.keys()].sort().flatMap((name) => {
    const file = join(inside, name);
    const content = readJson(chosen.get(name) as string, file, problems);
    return content === undefined ? [] : [{ file, name: name.replace(/(\.schema)?\.json$/, ""), content }];
  });
}

function readJson(path: string, file: string, problems: PackProblem[]): Json | undefined {
  try {
    const text = readFileSync(path, "utf8");
    if (text.length > MAX_BYTES) {
      problems.push({ file, path: "", reason: "the file is larger than 1 MB", fix: "Split it." });
      return undefined;
    }
    return JSON.parse(text) as Json;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({ file, path: "", reason: `cannot be read as JSON: ${reason}`, fix: "Correct the file." });
    return undefined;
  }
}
