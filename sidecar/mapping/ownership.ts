import type { Json } from "../domain/json";
import type { CanonicalObjects } from "./canonical";
import { conditionPaths } from "./conditions";
import type { MappingLine } from "./definition";
import { inWords } from "./fault";
import type { PackFile } from "./pack-files";
import { isEmpty } from "./paths";
import type { PackProblem } from "./problem";
import { checkOwnershipShape } from "./shapes";

/** `mappings/ownership.json` (mappings/schema/ownership.schema.json). */
export interface OwnershipDefinition {
  $schema?: string;
  version: number;
  note?: string;
  objects: Record<string, ObjectOwnership>;
}

/** One system, or several that share: each of them may change the value, and what one changes is sent to the others. */
export type Owners = string | string[];

export interface ObjectOwnership {
  owner: Owners;
  fields?: Record<string, Owners>;
  /** Systems that may bring new records of the object into Odoo. Absent: those that own the object. */
  createdBy?: string[];
  survivorship?: Record<string, string[]>;
  note?: string;
}

/** Whether a system may write a field, and the rule that says so. */
export interface OwnershipAnswer {
  allowed: boolean;
  /** The system the field belongs to; several are separated by commas. */
  owner: string;
  /** Place of the rule in ownership.json, `objects.customer.fields["address.*"]`; "default" where no rule names the object. */
  rule: string;
  /** One sentence for people. */
  reason: string;
  /** Where several systems may hold the value: those whose filled value stands above this system's. Empty for the owner. */
  yieldsTo: readonly string[];
  /** True where the system alone owns the field: what others hold never counts. */
  alone: boolean;
}

/** Whether a system may bring new records of an object into Odoo. */
export interface CreationAnswer {
  allowed: boolean;
  rule: string;
  reason: string;
}

const ODOO = "odoo";
const FILE = "ownership.json";

interface FieldRule {
  owners: readonly string[];
  order: readonly string[] | undefined;
  rule: string;
}

/**
 * Which system owns which field of a canonical object. Systems are `odoo` and the codes of the folders in `mappings/systems`. The rule with
 * the longest path that fits a field decides; a field without one belongs to the object's owner, an object without one to Odoo. The
 * identifier `id` belongs to nobody else: it is how systems know the record.
 */
export class Ownership {
  constructor(private readonly definition: OwnershipDefinition = { version: 1, objects: {} }) {}

  /** The systems that own a field, `customer` and `address.city`. */
  ownersOf(object: string, field: string): readonly string[] {
    return this.ruleOf(object, field).owners;
  }

  /** Whether `system` may bring new records of an object into Odoo (OWN-04). */
  mayCreate(object: string, system: string): CreationAnswer {
    const rules = Object.hasOwn(this.definition.objects, object) ? this.definition.objects[object] : undefined;
    const creators = rules?.createdBy ?? listOf(rules?.owner ?? ODOO);
    const allowed = creators.includes(system);
    const rule = rules === undefined ? "default" : `objects.${object}.${rules.createdBy ? "createdBy" : "owner"}`;
    const who = named(creators);
    return {
      allowed,
      rule,
      reason: `${inWords(object)}: new ones are made by ${who}${allowed ? "" : `, not by ${named([system])}`}.`,
    };
  }

  /** Whether `system` may write a field: it owns it, or is one of those whose value may survive. */
  mayWrite(object: string, field: string, system: string): OwnershipAnswer {
    const { owners, order, rule } = this.ruleOf(object, field);
    const owner = owners.join(", ");
    const position = order?.indexOf(system) ?? -1;
    const allowed = owners.includes(system) || position >= 0;
    const yieldsTo = position > 0 ? (order ?? []).slice(0, position) : [];
    const reason = !allowed
      ? `${inWords(`${object}.${field}`)} belongs to ${named(owners)}; ${named([system])} may not change it.`
      : yieldsTo.length > 0
        ? `${inWords(`${object}.${field}`)} may be filled in by ${named([system])} where ${named(yieldsTo)} has no value.`
        : `${inWords(`${object}.${field}`)} belongs to ${named(owners)}.`;
    return { allowed, owner, rule, reason, yieldsTo, alone: owners.length === 1 && order === undefined && allowed };
  }

  /** Of the values that systems hold, the one that counts: the owner's, or with survivorship the first filled one. Undefined when none may. */
  survivor(
    object: string,
    field: string,
    held: Readonly<Record<string, Json>>,
  ): { system: string; value: Json } | undefined {
    const { owners, order = owners } = this.ruleOf(object, field);
    const holders = order.filter((system) => Object.hasOwn(held, system));
    const system = holders.find((holder) => !isEmpty(held[holder])) ?? holders[0];
    return system === undefined ? undefined : { system, value: held[system] as Json };
  }

  /**
   * The lines of a system's mapping that must not run, because what they carry belongs to that system: a value goes by the fields it is read
   * from, a constant by those of its condition. With a line go the other lines of the same target: a value that stood in for it would be
   * sent instead.
   */
  leaveOut(object: string, system: string, lines: readonly MappingLine[], prefix = ""): Set<MappingLine> {
    const left = new Set<MappingLine>();
    for (const line of lines) {
      if (carriedBy(line).some((path) => this.touches(object, system, prefix + path))) left.add(line);
      else if (line.each !== undefined) {
        for (const inner of this.leaveOut(object, system, line.lines ?? [], `${prefix}${line.each}.`)) left.add(inner);
      }
    }
    const targets = new Set(lines.filter((line) => left.has(line)).map(({ to }) => to));
    for (const line of lines) if (targets.has(line.to)) left.add(line);
    return left;
  }

  /** Whether a field, or (with a list or object read as a whole) a part of it, belongs to the system and not to Odoo as well. */
  private touches(object: string, system: string, path: string): boolean {
    if (path === "id") return false;
    const foreign = (owners: readonly string[]): boolean => owners.includes(system) && !owners.includes(ODOO);
    if (foreign(this.ownersOf(object, path))) return true;
    const rules = this.definition.objects[object];
    const parts = [
      ...Object.entries(rules?.fields ?? {}),
      ...Object.entries(rules?.survivorship ?? {}).map(([key, order]) => [key, order.slice(0, 1)] as const),
    ];
    return parts.some(([key, owners]) => foreign(listOf(owners)) && bare(key).startsWith(`${path}.`));
  }

  private ruleOf(object: string, field: string): FieldRule {
    const rules = Object.hasOwn(this.definition.objects, object) ? this.definition.objects[object] : undefined;
    if (rules === undefined || field === "id") return { owners: [ODOO], order: undefined, rule: "default" };
    let found: FieldRule = { owners: listOf(rules.owner), order: undefined, rule: `objects.${object}.owner` };
    let longest = 0;
    const consider = (key: string, owners: readonly string[], order: string[] | undefined, part: string): void => {
      const path = bare(key);
      const fits = field.startsWith(`${path}.`) || (field === path && key === path);
      // A rule for exactly this field goes before one for everything below its parent.
      if (!fits || path.length <= longest) return;
      longest = path.length;
      found = { owners, order, rule: `objects.${object}.${part}["${key}"]` };
    };
    for (const [key, owner] of Object.entries(rules.fields ?? {})) consider(key, listOf(owner), undefined, "fields");
    for (const [key, order] of Object.entries(rules.survivorship ?? {}))
      consider(key, order.slice(0, 1), order, "survivorship");
    return found;
  }
}

/** `address.*` and `address` both mean all below; the former leaves `address` itself, as a whole, to the object's owner. */
const bare = (key: string): string => (key.endsWith(".*") ? key.slice(0, -2) : key);

const listOf = (owners: Owners): readonly string[] => (typeof owners === "string" ? [owners] : owners);

/** The canonical paths whose value a line carries. */
export function carriedBy(line: MappingLine): string[] {
  if (line.const !== undefined) return line.when === undefined ? [] : conditionPaths(line.when);
  if (line.link !== undefined) return [line.link.from];
  if (line.each !== undefined) return [];
  return typeof line.from === "string" ? [line.from] : (line.from ?? []);
}

/** Reads ownership.json; without the file Odoo owns everything. Names what is wrong with place, reason and fix. */
export function loadOwnership(
  file: PackFile | undefined,
  objects: CanonicalObjects,
  systems: readonly string[],
  problems: PackProblem[],
): Ownership {
  if (file === undefined) return new Ownership();
  const found = checkOwnershipShape(file.content, FILE);
  problems.push(...found);
  if (found.length > 0) return new Ownership();
  const definition = file.content as unknown as OwnershipDefinition;
  for (const [object, rules] of Object.entries(definition.objects)) {
    const report = (place: string, reason: string, fix: string): void =>
      void problems.push({ file: FILE, path: `objects.${object}${place}`, reason, fix });
    const known = objects.all().filter((candidate) => candidate.object === object);
    if (known.length === 0) {
      report("", `there is no canonical object "${object}"`, "Use the name of a file in canonical/.");
      continue;
    }
    const checkSystem = (system: string, place: string): void => {
      if (system === ODOO || systems.includes(system)) return;
      report(place, `there is no system "${system}"`, `Use odoo or one of ${systems.join(", ")}.`);
    };
    const checkField = (key: string, place: string): void => {
      if (bare(key) === "id") report(place, "the identifier has no owner", "Take the rule out.");
      else if (!known.some(({ schema }) => objects.fieldAt(schema, bare(key)) !== undefined))
        report(place, `${object} has no field "${bare(key)}"`, `Use a field of canonical/${object}.schema.json.`);
    };
    for (const owner of listOf(rules.owner)) checkSystem(owner, ".owner");
    for (const [index, system] of (rules.createdBy ?? []).entries()) checkSystem(system, `.createdBy[${index}]`);
    for (const [key, owner] of Object.entries(rules.fields ?? {})) {
      checkField(key, `.fields["${key}"]`);
      for (const system of listOf(owner)) checkSystem(system, `.fields["${key}"]`);
    }
    for (const [key, order] of Object.entries(rules.survivorship ?? {})) {
      const place = `.survivorship["${key}"]`;
      checkField(key, place);
      for (const [index, system] of order.entries()) checkSystem(system, `${place}[${index}]`);
      if (Object.hasOwn(rules.fields ?? {}, key))
        report(place, `"${key}" has an owner in fields as well`, "Keep one of the two.");
    }
  }
  return new Ownership(definition);
}

/** Systems in a sentence, by their codes: `Odoo and bamboohr`. */
function named(systems: readonly string[]): string {
  return systems.map((system) => (system === ODOO ? "Odoo" : system)).join(" and ");
}
