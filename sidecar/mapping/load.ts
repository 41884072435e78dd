import type { ConnectorSettings } from "../domain/connector-settings";
import type { Json, JsonObject } from "../domain/json";
import { CanonicalObjects } from "./canonical";
import { compileMapping } from "./compile";
import { checkOdooMapping, checkRule, checkSystemMapping } from "./cross-checks";
import type { RuleDefinition } from "./definition";
import type { DocumentCheck } from "./documents";
import { compileDocumentCheck } from "./documents";
import { loadInbound } from "./load-inbound";
import { checkLifecycle } from "./lifecycle";
import type { Ownership } from "./ownership";
import { loadOwnership } from "./ownership";
import type { Overlay, PackContents, PackFile, PackFiles } from "./pack-files";
import { layOver, readContents, sortFiles } from "./pack-files";
import { canonicalEnd, compiled, namedFor } from "./pack-parts";
import { isObject } from "./paths";
import type { PackProblem } from "./problem";
import { MappingPackError } from "./problem";
import type { OdooEntry, SystemEntry } from "./mapping-registry";
import { MappingRegistry } from "./mapping-registry";
import type { KnownSchemas } from "./schema-safety";
import { checkSchemaSafety } from "./schema-safety";
import { checkCanonicalShape, checkRuleShape, checkSettingsShape } from "./shapes";
import { loadTables } from "./tables";

/**
 * Reads, compiles and cross-checks a mapping pack. Later folders are laid over earlier ones, file by file, and the overlay over all of them.
 * Throws MappingPackError with every problem of every file: place, reason and fix.
 */
export function loadMappings(folders: string | readonly string[], overlay?: Overlay): MappingRegistry {
  return MappingPack.read(folders).registry(overlay);
}

/**
 * A pack as it is on disk, read once. Registries for different overlays are made from it without reading again; the canonical schemas,
 * which no overlay changes, are compiled once.
 */
export class MappingPack {
  private readonly objects: CanonicalObjects;

  private constructor(
    private readonly contents: PackContents,
    private readonly problems: PackProblem[],
  ) {
    this.objects = loadCanonical(sortFiles(contents).canonical, problems);
  }

  /** Reads the folders. Problems of the files are thrown by `registry`, together with what is found when they are compiled. */
  static read(folders: string | readonly string[]): MappingPack {
    const problems: PackProblem[] = [];
    const contents = readContents(typeof folders === "string" ? [folders] : folders, problems);
    return new MappingPack(contents, problems);
  }

  /** The shipped content of every file that can be changed in Odoo, and of canonical schemas and documents, by path. */
  get files(): ReadonlyMap<string, Json> {
    return this.contents.files;
  }

  /** Compiles the pack with an overlay. Throws MappingPackError with every problem. */
  registry(overlay: Overlay = {}): MappingRegistry {
    const problems = [...this.problems];
    const files = sortFiles(layOver(this.contents, overlay, problems));
    const odoo = loadOdooMappings(files, this.objects, problems);
    const codes = files.systems.map(({ code }) => code);
    const ownership = loadOwnership(files.ownership, this.objects, codes, problems);
    const systems = new Map(
      files.systems.map((system) => [system.code, loadSystem(system, this.objects, odoo, ownership, problems)]),
    );
    const rules = loadRules(files, odoo, problems);
    const settings = loadSettings(files, problems);
    const inbound = loadInbound(files, this.objects, problems);
    if (problems.length > 0) throw new MappingPackError(problems);
    return new MappingRegistry(odoo, systems, rules, ownership, settings, inbound);
  }
}

function loadCanonical(files: readonly PackFile[], problems: PackProblem[]): CanonicalObjects {
  const known = new Map(files.flatMap(({ content }) => (isObject(content) ? [[idOf(content), content] as const] : [])));
  const sound = files.filter((file) => {
    const found = checkCanonicalFile(file, known);
    problems.push(...found);
    return found.length === 0;
  });
  try {
    return new CanonicalObjects(sound.map((file) => file.content as JsonObject));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({
      file: "canonical",
      path: "",
      reason,
      fix: "Write valid JSON Schema 2020-12; $ref must name an existing part.",
    });
    return new CanonicalObjects([]);
  }
}

/** The canonical schemas of a pack's folder by file name, `customer`, and `common`. Throws MappingPackError for what cannot be read. */
export function canonicalSchemas(folder: string): Map<string, JsonObject> {
  const problems: PackProblem[] = [];
  const { canonical } = sortFiles(readContents([folder], problems));
  if (problems.length > 0) throw new MappingPackError(problems);
  return new Map(canonical.map(({ name, content }) => [name, content as JsonObject]));
}

function checkCanonicalFile({ file, name, content }: PackFile, known: KnownSchemas): PackProblem[] {
  const found = checkCanonicalShape(content, file);
  if (found.length > 0) return found;
  const schema = content as JsonObject;
  return [...checkSchemaSafety(schema, file, known), ...(name === "common" ? [] : checkLifecycle(schema, file))];
}

const idOf = (schema: JsonObject): string => (typeof schema["$id"] === "string" ? schema["$id"] : "");

function loadOdooMappings(
  files: PackFiles,
  objects: CanonicalObjects,
  problems: PackProblem[],
): Map<string, OdooEntry> {
  const tables = loadTables(files.odooTables, problems);
  const entries = new Map<string, OdooEntry>();
  for (const file of files.odoo) {
    const mapping = compiled(file, tables, problems);
    if (mapping === undefined) continue;
    const { source, target: end } = mapping.definition;
    if (!("model" in source) || !("object" in end)) {
      problems.push({
        file: file.file,
        path: "source",
        reason: "an Odoo mapping goes from a model to an object",
        fix: "Write source.model and target.object.",
      });
      continue;
    }
    const target = canonicalEnd(objects, end, file.file, "target", problems);
    if (target === undefined || !namedFor(file, end.object, "target.object", problems)) continue;
    problems.push(...checkOdooMapping(mapping, target, objects));
    entries.set(end.object, { mapping, model: source.model, target });
  }
  return entries;
}

function loadSystem(
  system: PackFiles["systems"][number],
  objects: CanonicalObjects,
  odoo: ReadonlyMap<string, OdooEntry>,
  ownership: Ownership,
  problems: PackProblem[],
): Map<string, SystemEntry> {
  const tables = loadTables(system.tables, problems);
  const documents = new Map(system.documents.map((file) => [file.name, file]));
  const checks = new Map<string, DocumentCheck | undefined>(
    system.documents.map((file) => [file.name, compileDocumentCheck(system.code, file, problems)]),
  );
  const entries = new Map<string, SystemEntry>();
  for (const file of system.mappings) {
    const complete = compiled(file, tables, problems);
    if (complete === undefined) continue;
    const { source: end, target } = complete.definition;
    if (!("object" in end) || !("type" in target)) {
      problems.push({
        file: file.file,
        path: "source",
        reason: "a system mapping goes from an object to a type",
        fix: "Write source.object and target.type.",
      });
      continue;
    }
    const source = canonicalEnd(objects, end, file.file, "source", problems);
    if (source === undefined || !namedFor(file, end.object, "source.object", problems)) continue;
    const made = odoo.get(end.object)?.target.version;
    if (made !== end.version) {
      const reason =
        made === undefined ? `no Odoo mapping makes "${end.object}"` : `Odoo makes ${end.object} version ${made}`;
      problems.push({
        file: file.file,
        path: "source.version",
        reason,
        fix: `Bring it in line with odoo/${end.object}.json.`,
      });
    }
    problems.push(...checkSystemMapping(complete, source, objects));
    const entry = { mapping: complete, type: target.type, checkDocument: checks.get(target.type) };
    const leaveOut = ownership.leaveOut(end.object, system.code, complete.definition.lines);
    if (leaveOut.size > 0) {
      entry.mapping = compileMapping(file.content, { file: file.file, tables, leaveOut });
      const document = documents.get(target.type);
      const notSent = [...leaveOut].map(({ to }) => to);
      entry.checkDocument = document && compileDocumentCheck(system.code, document, problems, notSent);
    }
    entries.set(end.object, entry);
  }
  return entries;
}

function loadRules(files: PackFiles, odoo: ReadonlyMap<string, OdooEntry>, problems: PackProblem[]): RuleDefinition[] {
  // A mapping that is there but broken has been reported; its rules are not to blame.
  const modelOf = (object: string, model: string): string | undefined =>
    odoo.get(object)?.model ?? (files.odoo.some(({ name }) => name === object) ? model : undefined);
  const takes = (code: string, object: string): boolean =>
    files.systems.some((system) => system.code === code && system.mappings.some(({ name }) => name === object));
  const rules = new Map<string, RuleDefinition>();
  for (const file of files.rules) {
    const found = checkRuleShape(file.content, file.file);
    problems.push(...found);
    if (found.length > 0) continue;
    const rule = file.content as unknown as RuleDefinition;
    if (rules.has(rule.code)) {
      problems.push({
        file: file.file,
        path: "code",
        reason: `the code "${rule.code}" is used twice`,
        fix: "Give each rule its own code.",
      });
    }
    rules.set(rule.code, rule);
    problems.push(...checkRule(rule, file.file, modelOf(rule.object, rule.model), takes));
  }
  return [...rules.values()];
}

/** By the connector's code. Whether they fit its definition is checked where definitions are known (`connections.ts`). */
function loadSettings(files: PackFiles, problems: PackProblem[]): Map<string, ConnectorSettings> {
  const found = new Map<string, ConnectorSettings>();
  for (const { code, settings } of files.systems) {
    if (settings === undefined) continue;
    problems.push(...checkSettingsShape(settings.content, settings.file));
    found.set(code, settings.content as ConnectorSettings);
  }
  return found;
}
