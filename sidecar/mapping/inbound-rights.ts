import type { JsonObject } from "../domain/json";
import type { MappingLine } from "./definition";
import { carriedBy, type Ownership, type OwnershipAnswer } from "./ownership";

/** What a system may do with a record of Odoo, in the words of `integration.inbound.receive`. */
export interface InboundRights extends JsonObject {
  /** Odoo fields that it may not write, each with the rule that says so. */
  not_owned: Record<string, { owner: string; rule: string; reason: string }>;
  /** Odoo fields that it supplies only where those before it have no value. */
  yields: Record<string, string[]>;
  /** Odoo fields that it owns alone. */
  wins: string[];
  /** Whether it may bring new records in. */
  may_create: { allowed: boolean; rule: string; reason: string };
}

/** Follows from the canonical fields that each Odoo field is made of. `lines`: of the mapping into Odoo. */
export function inboundRights(
  ownership: Ownership,
  object: string,
  system: string,
  lines: readonly MappingLine[],
): InboundRights {
  const { allowed, rule, reason } = ownership.mayCreate(object, system);
  const rights: InboundRights = { not_owned: {}, yields: {}, wins: [], may_create: { allowed, rule, reason } };
  for (const [field, paths] of fieldsOf(lines)) {
    const answers = paths.map((path) => ownership.mayWrite(object, path, system));
    const refusal = answers.find((answer) => !answer.allowed);
    if (refusal) rights.not_owned[field] = { owner: refusal.owner, rule: refusal.rule, reason: refusal.reason };
    else note(rights, field, answers);
  }
  return rights;
}

function note(rights: InboundRights, field: string, answers: readonly OwnershipAnswer[]): void {
  const first = [...new Set(answers.flatMap(({ yieldsTo }) => yieldsTo))];
  if (first.length > 0) rights.yields[field] = first;
  if (answers.length > 0 && answers.every(({ alone }) => alone)) rights.wins.push(field);
}

/** Odoo field → the canonical paths whose value it carries. A record's identifier belongs to nobody. */
function fieldsOf(lines: readonly MappingLine[]): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const field = line.to === "archive" ? "active" : /^values\.(.+)$/.exec(line.to)?.[1];
    if (field === undefined) continue;
    const paths = pathsOf(line, "").filter((path) => path !== "id");
    fields.set(field, [...(fields.get(field) ?? []), ...paths]);
  }
  return fields;
}

function pathsOf(line: MappingLine, prefix: string): string[] {
  if (line.each === undefined) return carriedBy(line).map((path) => prefix + path);
  const list = prefix + line.each;
  return [list, ...(line.lines ?? []).flatMap((inner) => pathsOf(inner, `${list}.`))];
}
