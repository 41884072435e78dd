import type { Json, JsonObject } from "../domain/json";
import type { Lookup, MappingLine, Tables, WhenEmpty } from "./definition";
import { dataFailure, inWords, ValueFault } from "./fault";
import type { Argument, MappingFunction } from "./mapping-function";
import { checkArguments, FUNCTIONS } from "./functions";
import { LIMITS } from "./limits";
import type { Reader } from "./paths";
import { compileReader, isEmpty, parsePath } from "./paths";
import type { RunState } from "./run";

/** Gives a line's value; undefined leaves the target out. */
export type ValueSource = (input: JsonObject, state: RunState) => Json | undefined;

/** What compiling a line needs to know of its surroundings. */
export interface LineSurroundings {
  /** JSON path of the line, `lines[3]`. */
  place: string;
  /** Canonical field the line is about, `contract.lines[].unitPrice`; `[]` is filled in with the position. */
  field: string;
  /** Where the line writes in the document, `people[].id`. */
  target: string;
  file: string;
  tables: Tables;
  whenEmpty: WhenEmpty;
  report: (path: string, reason: string, fix: string) => void;
}

/** The source of a line with its functions, lookup and default, in this order. */
export function compileValue(line: MappingLine, around: LineSurroundings): ValueSource {
  let value = compileSource(line, around);
  for (const [index, call] of (line.apply ?? []).entries()) value = withFunction(value, call, index, around);
  if (line.lookup !== undefined) value = withLookup(value, line.lookup, line, around);
  if (line.default !== undefined) value = withDefault(value, frozen(line.default));
  return value;
}

function compileSource(line: MappingLine, around: LineSurroundings): ValueSource {
  if (line.const !== undefined) {
    const constant = frozen(line.const);
    return () => constant;
  }
  if (line.link !== undefined) return compileLink(line, around);
  if (typeof line.from === "string") return readerOf(line.from, `${around.place}.from`, around);
  const readers = (line.from ?? []).map((path, i) => readerOf(path, `${around.place}.from[${i}]`, around));
  return (input) => {
    const values = readers.map((read) => read(input));
    return values.every((value) => value === undefined) ? undefined : values.map((value) => value ?? null);
  };
}

function compileLink(line: MappingLine, around: LineSurroundings): ValueSource {
  const { type = "", from = "", optional = false } = line.link ?? {};
  const read = readerOf(from, `${around.place}.link.from`, around);
  const path = around.target;
  return (input, state) => {
    const lane = read(input);
    if (lane === undefined || isEmpty(lane)) return lane;
    if (typeof lane !== "string") {
      throw fault(
        new ValueFault("mapping_value_unusable", "an identifier such as res.partner,42 is needed"),
        around,
        state,
      );
    }
    const id = state.link(lane, type);
    if (id === undefined && !optional) state.missingLinks.push({ lane, type, path: placed(path, state) });
    return id;
  };
}

function withFunction(
  value: ValueSource,
  call: string | [string, ...Argument[]],
  index: number,
  around: LineSurroundings,
): ValueSource {
  const [name, ...args] = typeof call === "string" ? [call] : call;
  const fn: MappingFunction | undefined = FUNCTIONS.get(name);
  const place = `${around.place}.apply[${index}]`;
  if (fn === undefined) {
    around.report(place, `there is no function "${name}"`, `Use one of ${[...FUNCTIONS.keys()].sort().join(", ")}.`);
    return value;
  }
  const wrong = checkArguments(fn, args);
  if (wrong !== undefined) around.report(place, `function "${name}" ${wrong}`, fn.description);
  const apply = fn.call;
  return (input, state) => {
    const before = value(input, state);
    if (before === undefined || before === null) return before;
    try {
      const after = apply(before, args);
      if (typeof after === "string" && after.length > LIMITS.textLength) {
        throw new ValueFault("mapping_output_too_large", `the text is longer than ${LIMITS.textLength} characters`);
      }
      return after;
    } catch (thrown) {
      throw fault(thrown, around, state);
    }
  };
}

function withLookup(value: ValueSource, lookup: Lookup, line: MappingLine, around: LineSurroundings): ValueSource {
  const table = tableOf(lookup, around);
  const unknown = lookup.unknown ?? "hold";
  const name = typeof lookup.table === "string" ? `the table “${lookup.table}”` : "the mapping's value table";
  if (unknown === "default" && line.default === undefined) {
    around.report(
      `${around.place}.lookup.unknown`,
      'unknown values go to "default", but there is none',
      "Add a default.",
    );
  }
  return (input, state) => {
    const before = value(input, state);
    if (before === undefined || isEmpty(before)) return before;
    const key = typeof before === "object" ? undefined : String(before);
    const after = key === undefined ? undefined : table.get(key);
    if (after !== undefined) return after;
    if (unknown === "pass") return before;
    if (unknown !== "hold") return undefined;
    const shown = key === undefined ? "this list or object" : `“${key.slice(0, 80)}”`;
    const hint = `Add the value to ${name} (${around.file}), or change it in Odoo, then retry.`;
    throw fault(new ValueFault("mapping_value_unknown", `${shown} is not in ${name}`, hint), around, state);
  };
}

function tableOf(lookup: Lookup, around: LineSurroundings): ReadonlyMap<string, Json> {
  if (typeof lookup.table !== "string") return new Map(Object.entries(lookup.table));
  const table = around.tables.get(lookup.table);
  if (table !== undefined) return table;
  const known = [...around.tables.keys()].join(", ") || "none";
  around.report(`${around.place}.lookup.table`, `there is no table "${lookup.table}"`, `Tables here: ${known}.`);
  return new Map();
}

function withDefault(value: ValueSource, fallback: Json): ValueSource {
  return (input, state) => {
    const before = value(input, state);
    return before === undefined || isEmpty(before) ? fallback : before;
  };
}

function readerOf(path: string, place: string, around: LineSurroundings): Reader {
  const parsed = parsePath(path);
  if ("segments" in parsed) return compileReader(parsed.segments);
  around.report(place, parsed.reason, "Write a dotted path such as partner_id.country_id.code.");
  return () => undefined;
}

/** The failure of a required line without a value. */
export function missing(around: LineSurroundings, state: RunState): Error {
  const field = placed(around.field, state);
  return dataFailure(
    "mapping_required_missing",
    field,
    `${inWords(field)} is missing.`,
    "Fill in the field on the record in Odoo; the delivery then goes by itself when the record is saved.",
  );
}

function fault(thrown: unknown, around: LineSurroundings, state: RunState): unknown {
  if (!(thrown instanceof ValueFault)) return thrown;
  const field = placed(around.field, state);
  const hint = thrown.hint ?? `Correct the value in Odoo, or the line ${around.place} of ${around.file}, then retry.`;
  return dataFailure(thrown.code, field, `${inWords(field)}: ${thrown.message}.`, hint);
}

/** Fills the `[]` of a field name with the positions of the surrounding items. */
function placed(field: string, state: RunState): string {
  let depth = 0;
  return field.replace(/\[\]/g, () => `[${state.indices[depth++] ?? 0}]`);
}

/** Constants are shared by all runs: frozen to the bottom, so that nobody changes the mapping by changing a document. */
function frozen(value: Json): Json {
  if (typeof value === "object" && value !== null) {
    for (const inner of Array.isArray(value) ? value : Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}
