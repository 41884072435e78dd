import type { Json, JsonObject } from "../domain/json";
import type { MappingDefinition, MappingLine, WriteBack } from "./definition";
import { dataFailure } from "./fault";
import { LIMITS } from "./limits";
import type { ObjectPlan } from "./plan";

/** What a run may ask for besides its input. */
export interface RunContext {
  /** The external id of a canonical record (`res.partner,42`) as this type in the target system; undefined without a link. */
  link: (lane: string, type: string) => string | undefined;
  /** The connection that the record came from, for what comes in. */
  system?: string;
}

/** A link the document needs and the system does not have yet. The delivery waits for it. */
export interface MissingLink {
  lane: string;
  type: string;
  /** Where in the document the id would stand. */
  path: string;
}

export interface RunResult {
  /** Read-only: parts of it may be shared with the input and the mapping. */
  document: JsonObject;
  missingLinks: MissingLink[];
}

/** What travels through the closures of one run. */
export interface RunState {
  readonly link: RunContext["link"];
  readonly missingLinks: MissingLink[];
  readonly system: string;
  /** Values that may have been written so far, against the bound of one run. */
  written: number;
  /** Positions of the surrounding `each` items by depth, for naming a field: `contract.lines[2].unitPrice`. */
  readonly indices: number[];
}

/** One target of a compiled mapping: its value, or undefined where it is left out. */
export type Step = (input: JsonObject, state: RunState) => Json | undefined;

/** All targets of one object; the object is made even when it stays empty. */
export type ObjectStep = (input: JsonObject, state: RunState) => JsonObject;

/** Calls back with every link that the lines would ask for. */
export type LinkCollector = (input: JsonObject, add: (lane: string, type: string) => void) => void;

export interface CompiledMapping {
  readonly file: string;
  readonly definition: MappingDefinition;
  /** The lines that run: those of the definition without what the target owns. */
  readonly lines: readonly MappingLine[];
  /** What those lines make, key by key. */
  readonly plan: ObjectPlan;
  readonly make: ObjectStep;
  readonly linkCollectors: readonly LinkCollector[];
  /** Dotted paths that are read, in the order of the lines. */
  readonly sourcePaths: readonly string[];
  readonly writeBack: readonly WriteBack[];
}

/** Runs a mapping over one document. Every failure is a HubError of kind `data` that names its field. */
export function run(mapping: CompiledMapping, input: JsonObject, context: RunContext): RunResult {
  const missingLinks: MissingLink[] = [];
  const document = mapping.make(input, {
    link: context.link,
    missingLinks,
    system: context.system ?? "",
    written: 0,
    indices: [],
  });
  return { document, missingLinks };
}

/** The links a run would look up, so that a whole batch can be fetched in one query. */
export function linkedLanes(mapping: CompiledMapping, input: JsonObject): { lane: string; type: string }[] {
  const found = new Map<string, { lane: string; type: string }>();
  for (const collect of mapping.linkCollectors) {
    collect(input, (lane, type) => found.set(`${type} ${lane}`, { lane, type }));
  }
  return [...found.values()];
}

/** The dotted paths a mapping reads; of an Odoo mapping they are what a capture rule puts into its payload. */
export function sourcePaths(mapping: CompiledMapping): readonly string[] {
  return mapping.sourcePaths;
}

/** Counts a list or object with all that is in it against the bound of one run. */
export function countWritten(value: JsonObject | Json[], state: RunState, field: string): void {
  const inside = Array.isArray(value) ? value : Object.values(value);
  reserve(inside.length, state, field);
  for (const inner of inside) if (typeof inner === "object" && inner !== null) countWritten(inner, state, field);
}

/** Takes so many values off the bound of one run; throws when it is used up. */
export function reserve(values: number, state: RunState, field: string): void {
  state.written += values;
  if (state.written > LIMITS.outputValues) {
    throw dataFailure(
      "mapping_output_too_large",
      field,
      `The document would hold more than ${LIMITS.outputValues} values.`,
      "Map fewer lines of this record, or split the record in Odoo.",
    );
  }
}
