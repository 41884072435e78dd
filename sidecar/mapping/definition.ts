import type { Json } from "../domain/json";

/**
 * Shapes of the mapping files (mappings/schema/mapping.schema.json is the same, for editors and for the loader).
 * Every file is data: nothing in it is ever evaluated as text.
 */

/** What happens to a target whose source is there but empty (null or ""): left out, sent as null, sent as "". */
export type WhenEmpty = "omit" | "null" | "blank";

/** What happens to a value that a lookup table does not hold. `hold` stops the delivery until somebody adds it. */
export type UnknownValue = "hold" | "default" | "pass" | "omit";

/** A function of the closed list, `"trim"`, or with arguments, `["split", ","]`. */
export type FunctionCall = string | [string, ...(string | number | boolean)[]];

export interface Comparison {
  from: string;
  equals?: string | number | boolean | null;
  notEquals?: string | number | boolean | null;
  in?: (string | number | boolean | null)[];
  notIn?: (string | number | boolean | null)[];
  exists?: boolean;
  empty?: boolean;
  gt?: number | string;
  gte?: number | string;
  lt?: number | string;
  lte?: number | string;
  sameAs?: string;
}

export type Condition = Comparison | { all: Condition[] } | { any: Condition[] } | { not: Condition };

export interface Lookup {
  /** The table itself, or the name of a table file without `.json`. */
  table: string | Record<string, string | number | boolean | null>;
  /** Default `hold`. */
  unknown?: UnknownValue;
}

export interface LinkSource {
  /** The connector's object type whose external id is wanted. */
  type: string;
  /** Path to the canonical identifier, `customer.id`. */
  from: string;
  /** True: leave the target out while the other record has no link; default false: report it as missing. */
  optional?: boolean;
}

export interface MappingLine {
  to: string;
  from?: string | string[];
  const?: Json;
  link?: LinkSource;
  each?: string;
  /** With `each`: it is the path of an object whose names are data (dates, ids); its items are {key, value}, in the order of the names. */
  entries?: true;
  /** With `each`: which items are taken. Paths are relative to the item. */
  where?: Condition;
  /** With `each`: what is made of one item. Paths are relative to the item. */
  lines?: MappingLine[];
  /** With `each`, to Odoo: path in the item of what names a line for ever. The list is then the record's lines, matched by it. */
  key?: string;
  when?: Condition;
  apply?: FunctionCall[];
  lookup?: Lookup;
  default?: Json;
  required?: boolean;
  /** True: the value is added to the list at `to`; several lines may do so. An empty value adds nothing. */
  append?: boolean;
  whenEmpty?: WhenEmpty;
  note?: string;
}

/** A value that goes back to the Odoo record once the target holds it. */
export interface WriteBack {
  /** Name of a stored field of the record. */
  to: string;
  from: "externalId" | "url";
}

export interface OdooMappingSource {
  model: string;
}

export interface CanonicalEnd {
  object: string;
  version: number;
}

export interface SystemTarget {
  type: string;
}

/** How an Odoo record that is not linked yet is recognised as the one that came in. */
export interface Identification {
  /** How the values are compared: cleaned of what does not tell records apart. */
  as: "taxId" | "email" | "domain" | "name" | "exact";
  /** Fields of the Odoo document; all of them have to agree. */
  fields: string[];
  /** Fields of the canonical object whose values identify as well, without being written: a company's domain beside its web address. Default: none. */
  also?: string[];
  /** True: a first load links the only candidate without asking. Default false. */
  sure?: boolean;
}

/** Event types of what comes in; default `<object>.changed` and `<object>.deleted`. */
export interface InEvents {
  upsert?: string;
  gone?: string;
}

export interface MappingDefinition {
  $schema?: string;
  title: string;
  version: number;
  note?: string;
  /** Out: a model, then an object. In: a system's type, then an object. */
  source: OdooMappingSource | CanonicalEnd | SystemTarget;
  target: CanonicalEnd | SystemTarget | OdooMappingSource;
  /** Default for lines without their own; default `omit`. */
  whenEmpty?: WhenEmpty;
  lines: MappingLine[];
  writeBack?: WriteBack[];
  /** To Odoo: tried in order. */
  identify?: Identification[];
  /** To Odoo. */
  event?: InEvents;
}

/** What one rule of `mappings/rules` says; an administrator installs it in Odoo, where it can be changed. */
export interface RuleDefinition {
  $schema?: string;
  code: string;
  name: string;
  description: string;
  model: string;
  object: string;
  event_type: string;
  trigger: { create: boolean; write: boolean; archive: boolean; unlink: boolean };
  /** Odoo domain that the record must satisfy after the change. */
  domain: Json[];
  /** Fields whose change fires the rule; null: every mapped field. */
  watch: string[] | null;
  systems: string[];
  priority: number;
  coalesce: boolean;
  /** Goes only to systems in which the record has its like already; absent: to all. */
  linkedOnly?: boolean;
  /** Limits of the mass-change brake that differ from Odoo's ordinary ones; 0: no limit. */
  brake?: { creates?: number; changes?: number; removals?: number; minutes?: number };
  requires: { model: string; field?: string }[];
}
