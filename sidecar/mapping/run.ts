import type { Json, JsonObject } from "../domain/json";
import type { MappingDefinition, WriteBack } from "./definition";
import { dataFailure } from "./fault";
import { LIMITS } from "./limits";

/** What a run may ask for besides its input. */
export interface RunContext {
  /** The external id of a canonical record (`res.partner,42`) as this type in the target system; undefined without a link. */
  link: (lane: string, type: string) => string | undefined;
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
  link: RunContext["link"];
  missingLinks: MissingLink[];
  /** Values written so far; also how a group knows whether anything was written into it. */
  written: number;
  /** Positions of the surrounding `each` items, for naming a field: `contract.lines[2].unitPrice`. */
  indices: number[];
}

/** One compiled line, or one group of lines that write into the same nested object. */
export type Step = (input: JsonObject, out: JsonObject, state: RunState) => void;

/** Calls back with every link that the lines would ask for. */
export type LinkCollector = (input: JsonObject, add: (lane: string, type: string) => void) => void;

export interface CompiledMapping {
  readonly file: string;
  readonly definition: MappingDefinition;
  readonly steps: readonly Step[];
  readonly linkCollectors: readonly LinkCollector[];
  /** Dotted paths that are read, in the order of the lines. */
  readonly sourcePaths: readonly string[];
  readonly writeBack: readonly WriteBack[];
}

/** Runs a mapping over one document. Every failure is a HubError of kind `data` that names its field. */
export function run(mapping: CompiledMapping, input: JsonObject, context: RunContext): RunResult {
  const document: JsonObject = {};
  const missingLinks: MissingLink[] = [];
  const state: RunState = { link: context.link, missingLinks, written: 0, indices: [] };
  runSteps(mapping.steps, input, document, state);
  return { document, missingLinks };
}

export function runSteps(steps: readonly Step[], input: JsonObject, out: JsonObject, state: RunState): void {
  // By index: this is the innermost loop, and an iterator costs as much as a short line.
  for (let index = 0; index < steps.length; index += 1) (steps[index] as Step)(input, out, state);
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

/** Counts what is written, values inside lists and objects included, against the bound of one run. */
export function countWritten(value: Json, state: RunState, field: string): void {
  state.written += 1;
  if (typeof value === "object" && value !== null) {
    for (const inner of Array.isArray(value) ? value : Object.values(value)) countWritten(inner, state, field);
  }
  if (state.written > LIMITS.outputValues) {
    throw dataFailure(
      "mapping_output_too_large",
      field,
      `The document would hold more than ${LIMITS.outputValues} values.`,
      "Map fewer lines of this record, or split the record in Odoo.",
    );
  }
}
