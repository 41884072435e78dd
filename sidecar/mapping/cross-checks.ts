import type { JsonObject } from "../domain/json";
import type { CanonicalObject, CanonicalObjects } from "./canonical";
import type { MappingDefinition, MappingLine, RuleDefinition } from "./definition";
import type { PackProblem } from "./problem";
import type { CompiledMapping } from "./run";

type Report = (path: string, reason: string, fix: string) => void;

/** An Odoo mapping must write what its canonical object knows, and everything that object requires. */
export function checkOdooMapping(
  mapping: CompiledMapping,
  target: CanonicalObject,
  objects: CanonicalObjects,
): PackProblem[] {
  const problems: PackProblem[] = [];
  const report: Report = (path, reason, fix) => problems.push({ file: mapping.file, path, reason, fix });
  const schemaFile = `canonical/${target.object}.schema.json`;
  checkTargets(mapping.definition.lines, "", "lines", (path, place) => {
    if (objects.fieldAt(target.schema, path) === undefined) {
      report(place, `${target.object} has no field "${path}"`, `Use a field of ${schemaFile}, or add it there.`);
    }
  });
  const written = new Set(mapping.definition.lines.map((line) => line.to.split(".")[0]));
  for (const field of requiredOf(target.schema)) {
    if (!written.has(field))
      report("lines", `nothing writes "${field}", which ${target.object} requires`, `Add a line to "${field}".`);
  }
  return problems;
}

/** A system mapping may read only what its canonical object has. */
export function checkSystemMapping(
  mapping: CompiledMapping,
  source: CanonicalObject,
  objects: CanonicalObjects,
): PackProblem[] {
  return mapping.sourcePaths
    .filter((path) => objects.fieldAt(source.schema, path) === undefined)
    .map((path) => ({
      file: mapping.file,
      path: placeOfPath(mapping.definition, path),
      reason: `${source.object} has no field "${path}"`,
      fix: `Use a field of canonical/${source.object}.schema.json, or add it there and to odoo/${source.object}.json.`,
    }));
}

/** A rule must carry an object that is made from its model (`model`; undefined when nothing makes it), to systems that take it. */
export function checkRule(
  rule: RuleDefinition,
  file: string,
  model: string | undefined,
  takes: (system: string, object: string) => boolean,
): PackProblem[] {
  const problems: PackProblem[] = [];
  const report: Report = (path, reason, fix) => problems.push({ file, path, reason, fix });
  if (model === undefined)
    report("object", `no Odoo mapping makes "${rule.object}"`, "Add one to odoo/, or use another object.");
  else if (model !== rule.model)
    report("model", `"${rule.object}" is made from ${model}, not ${rule.model}`, `Use ${model}.`);
  for (const [index, system] of rule.systems.entries()) {
    if (takes(system, rule.object)) continue;
    report(
      `systems[${index}]`,
      `${system} has no mapping for "${rule.object}"`,
      `Add systems/${system}/mappings/${rule.object}.json.`,
    );
  }
  return problems;
}

function checkTargets(
  lines: readonly MappingLine[],
  prefix: string,
  place: string,
  check: (path: string, place: string) => void,
): void {
  for (const [index, line] of lines.entries()) {
    check(prefix + line.to, `${place}[${index}].to`);
    if (line.each !== undefined)
      checkTargets(line.lines ?? [], `${prefix}${line.to}.`, `${place}[${index}].lines`, check);
  }
}

function requiredOf(schema: JsonObject): string[] {
  const required = schema["required"];
  return Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];
}

/** The first line that reads a path, for the message. */
function placeOfPath(definition: MappingDefinition, path: string): string {
  const index = definition.lines.findIndex((line) =>
    JSON.stringify(line).includes(JSON.stringify(path.split(".").at(-1)).slice(1, -1)),
  );
  return index === -1 ? "lines" : `lines[${index}]`;
}
