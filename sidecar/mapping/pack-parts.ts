import type { CanonicalObject, CanonicalObjects } from "./canonical";
import { compileMapping } from "./compile";
import type { PackFile } from "./pack-files";
import type { PackProblem } from "./problem";
import { MappingPackError } from "./problem";
import type { CompiledMapping } from "./run";
import type { Tables } from "./tables";

/** Compiles one file; its problems are added to `problems`. */
export function compiled(file: PackFile, tables: Tables, problems: PackProblem[]): CompiledMapping | undefined {
  try {
    return compileMapping(file.content, { file: file.file, tables });
  } catch (error) {
    if (!(error instanceof MappingPackError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** The canonical object that an end of a mapping names. */
export function canonicalEnd(
  objects: CanonicalObjects,
  end: { object: string; version: number },
  file: string,
  path: string,
  problems: PackProblem[],
): CanonicalObject | undefined {
  const found = objects.get(end.object, end.version);
  if (found === undefined) {
    const fix = `Add canonical/${end.object}.schema.json with that version, or use one that exists.`;
    problems.push({ file, path, reason: `there is no canonical object ${end.object} version ${end.version}`, fix });
  }
  return found;
}

/** The file's name is the object's, so that an overlay replaces the right one. */
export function namedFor(file: PackFile, object: string, path: string, problems: PackProblem[]): boolean {
  if (file.name === object) return true;
  problems.push({
    file: file.file,
    path,
    reason: `the file is for "${object}" but is called ${file.name}.json`,
    fix: `Call it ${object}.json.`,
  });
  return false;
}
