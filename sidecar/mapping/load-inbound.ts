import type { CanonicalObject, CanonicalObjects } from "./canonical";
import { checkOdooMapping, checkSystemMapping } from "./cross-checks";
import { InboundMappings, type OdooInEntry, type SystemInEntry } from "./inbound";
import type { PackFile, PackFiles, SystemFiles } from "./pack-files";
import { canonicalEnd, compiled, namedFor } from "./pack-parts";
import type { PackProblem } from "./problem";
import type { CompiledMapping } from "./run";
import { loadTables } from "./tables";

/** What an Odoo document holds besides `values.<field>`. */
const PARTS = new Set(["archive", "note", "attachments", "step"]);

/** Compiles and checks the mappings of what comes in: `odoo/in` and each system's `mappings/in`. */
export function loadInbound(files: PackFiles, objects: CanonicalObjects, problems: PackProblem[]): InboundMappings {
  const odoo = loadOdooIn(files, objects, problems);
  const systems = new Map(
    files.systems.map((system) => [system.code, loadSystemIn(system, objects, problems)] as const),
  );
  for (const { code, inMappings } of files.systems) {
    for (const [object, { mapping }] of systems.get(code) ?? []) {
      if (files.odooIn.some(({ name }) => name === object)) continue;
      const fix = `Add odoo/in/${object}.json, or take ${inMappings.length === 1 ? "it" : "this one"} out.`;
      problems.push({ file: mapping.file, path: "target", reason: `nothing takes "${object}" into Odoo`, fix });
    }
  }
  return new InboundMappings(odoo, systems);
}

function loadOdooIn(files: PackFiles, objects: CanonicalObjects, problems: PackProblem[]): Map<string, OdooInEntry> {
  const tables = loadTables(files.odooTables, []);
  const entries = new Map<string, OdooInEntry>();
  for (const file of files.odooIn) {
    const mapping = compiled(file, tables, problems);
    if (mapping === undefined) continue;
    const { source: end, target } = mapping.definition;
    if (!("object" in end) || !("model" in target)) {
      problems.push(
        wrongEnds(
          file,
          "an Odoo mapping of what comes in goes from an object to a model",
          "source.object and target.model",
        ),
      );
      continue;
    }
    const source = canonicalEnd(objects, end, file.file, "source", problems);
    if (source === undefined || !namedFor(file, end.object, "source.object", problems)) continue;
    problems.push(...checkSystemMapping(mapping, source, objects), ...checkTargets(mapping));
    problems.push(...checkIdentifying(mapping, source, objects));
    entries.set(end.object, { mapping, model: target.model });
  }
  return entries;
}

function loadSystemIn(
  system: SystemFiles,
  objects: CanonicalObjects,
  problems: PackProblem[],
): Map<string, SystemInEntry> {
  const tables = loadTables(system.tables, []);
  const entries = new Map<string, SystemInEntry>();
  const taken = new Map<string, string>();
  for (const file of system.inMappings) {
    const mapping = compiled(file, tables, problems);
    if (mapping === undefined) continue;
    const { source, target: end } = mapping.definition;
    if (!("type" in source) || !("object" in end)) {
      problems.push(
        wrongEnds(
          file,
          "a system's mapping of what comes in goes from a type to an object",
          "source.type and target.object",
        ),
      );
      continue;
    }
    const target = canonicalEnd(objects, end, file.file, "target", problems);
    if (target === undefined || !namedFor(file, end.object, "target.object", problems)) continue;
    const other = taken.get(source.type);
    if (other !== undefined) {
      const reason = `"${source.type}" comes in as ${other} already`;
      problems.push({ file: file.file, path: "source.type", reason, fix: "Let one mapping take each type." });
    }
    taken.set(source.type, end.object);
    problems.push(...checkOdooMapping(mapping, target, objects));
    entries.set(end.object, { mapping, type: source.type, target });
  }
  return entries;
}

/** An Odoo document has its own shape: fields under `values`, and what else may happen to the record. */
function checkTargets({ file, definition }: CompiledMapping): PackProblem[] {
  const fields = new Set<string>();
  const problems = definition.lines.flatMap(({ to }, index): PackProblem[] => {
    const [part = "", field, ...more] = to.split(".");
    if (part === "values" && field !== undefined && more.length === 0) fields.add(field);
    else if (!PARTS.has(part) || field !== undefined) {
      const reason = `an Odoo document has no "${to}"`;
      return [
        { file, path: `lines[${index}].to`, reason, fix: "Write values.<field>, archive, note, attachments or step." },
      ];
    }
    return [];
  });
  for (const [index, { fields: named }] of (definition.identify ?? []).entries()) {
    for (const field of named) {
      if (fields.has(field)) continue;
      const reason = `no line writes values.${field}, by which a record is to be recognised`;
      problems.push({ file, path: `identify[${index}].fields`, reason, fix: "Add the line, or take the field out." });
    }
  }
  return problems;
}

/** What identifies without being written has to be a field of the object. */
function checkIdentifying(
  { file, definition }: CompiledMapping,
  source: CanonicalObject,
  objects: CanonicalObjects,
): PackProblem[] {
  return (definition.identify ?? []).flatMap(({ also = [] }, index) =>
    also
      .filter((name) => objects.fieldAt(source.schema, name) === undefined)
      .map((name) => ({
        file,
        path: `identify[${index}].also`,
        reason: `${source.object} has no field "${name}"`,
        fix: `Use a field of canonical/${source.object}.schema.json.`,
      })),
  );
}

function wrongEnds({ file }: PackFile, reason: string, write: string): PackProblem {
  return { file, path: "source", reason, fix: `Write ${write}.` };
}
