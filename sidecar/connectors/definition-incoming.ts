import type { Json } from "../domain/json";
import type { Condition, Extract, Pagination, RequestDefinition } from "./definition";

/* What `connector.json` says of records that come in (definition.ts has the rest). */

/** How the record {id} is read to be taken over into Odoo. */
export interface FetchDefinition {
  request: RequestDefinition;
  /** Where the vendor answers only what is asked for: {fields} is then what the mappings in force read, and what is needed `always`. */
  fields?: FieldsDefinition;
  /** Path of the record in the answer; the whole answer where absent. */
  record?: string;
  /** Where the vendor reads only lists: which of them it is; {id} is the asked one. */
  match?: Condition;
  /** The record's own id in it; default `id`. Another than the asked one: the asked one was merged into it. */
  id?: Extract | Extract[];
  /** Ids that were merged into this one; a text may hold several, separated by `;` or `,`. */
  oldIds?: Extract[];
  /** When it was last changed there; ISO 8601 or milliseconds since 1970. */
  time?: Extract;
  /** How a record says that it is deleted. An answer that means "absent" (404, 410, rules of `outcomes`) says so as well. */
  gone?: Condition;
  /** Many at once: {ids} is the list. What the answer leaves out is asked for alone. */
  batch?: { max: number; request: RequestDefinition; records: string; record?: string };
  /** What belongs to it and is read by requests of its own: it stands under this name in the record. */
  also?: Record<string, AlsoDefinition>;
  /** Records of other types that it is about: each is fetched because of it. */
  leadsTo?: LeadDefinition[];
}

export interface FieldsDefinition {
  /** Path of the fields in the record; the record itself where absent. */
  in?: string;
  /** Names that the definition itself needs: time of change, merged ids. At least one, so that something is asked for whatever is read. */
  always: string[];
}

export interface LeadDefinition {
  /** Path of a list in the record, and of the id in each item. */
  each: string;
  id: Extract;
  /** The object type of those records. */
  object: string;
}

export interface AlsoDefinition {
  /** Path of the value in {record} that must be there; always read where absent. */
  when?: string;
  /** Path of a list in {record}: one request for each, {item}; the result is a list. */
  each?: string;
  /** Absent: what is wanted stands in the record already, at `result`. */
  request?: RequestDefinition;
  /** Path of what is wanted in the answer; the whole answer where absent. */
  result?: string;
  /** Of a list, the one that is wanted. */
  match?: Condition;
  /** A list of names and values becomes an object. */
  named?: NamedDefinition;
  /** Template of an object whose values are added to the result. */
  with?: Json;
}

export interface NamedDefinition {
  /** Path of the name and of the value in each item. */
  name: string;
  value: string;
  /** Beginnings of numbered names: with `line`, `line_2_price` is the `price` of the item with `key` 2 of the list `line`. */
  lists?: string[];
}

/** How a type's records are listed by the time of their last change: the safety net under webhooks, and the first load. */
export interface ChangesDefinition {
  /** {since} is the moment from which on changes are wanted. */
  request: RequestDefinition;
  records: string;
  record?: string;
  /** Each entry is about several records: path of their list in it. */
  each?: string;
  id: Extract | Extract[];
  /** When it was last changed. Absent where the list does not say: then a record counts as changed when its entry is another. */
  time?: Extract;
  /** How {since} is written. Default: iso8601. */
  timeFormat?: "iso8601" | "milliseconds" | "seconds" | "date";
  /** `ascending`: by `time`, oldest first, and {since} is inclusive. Default: none. */
  order?: "ascending" | "none";
  pagination?: Pagination;
  /** Asked for again before the last moment seen, because lists lag and clocks differ. Default: 60000. */
  overlapMs?: number;
  /** Entries that are deletions. */
  deleted?: Condition;
  deletions?: DeletionsDefinition;
}

/** How deletions are found where the list of changes does not hold them. */
export interface DeletionsDefinition {
  /** `deleted`: the list holds what was deleted, {since} may be used; `present`: it holds all there is, and what is missing is gone. */
  lists: "deleted" | "present";
  request: RequestDefinition;
  records: string;
  record?: string;
  /** Each entry is about several records: path of their list in it. */
  each?: string;
  id: Extract | Extract[];
  time?: Extract;
  pagination?: Pagination;
}
