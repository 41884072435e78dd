import type { Json, JsonObject } from "../domain/json";
import type { Lookup, MappingLine, WhenEmpty } from "./definition";
import { dataFailure, inWords, ValueFault } from "./fault";
import type { Argument, MappingFunction } from "./mapping-function";
import { checkArguments, FUNCTIONS } from "./functions";
import { LIMITS } from "./limits";
import type { Reader } from "./paths";
import { compileReader, isEmpty, parsePath } from "./paths";
import type { RunState } from "./run";
import type { Tables, ValueTable } from "./tables";

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
  direction: Direction;
  report: (path: string, reason: string, fix: string) => void;
}

/** From where to where a mapping goes. */
export type Direction = "fromOdoo" | "toSystem" | "fromSystem" | "toOdoo";

/** Whether a line does nothing but copy one value. */
export function isCopy(line: MappingLine): line is MappingLine & { from: string } {
  const more = [line.const, line.link, line.apply, line.lookup, line.default].some((part) => part !== undefined);
  return typeof line.from === "string" && line.required !== true && !more;
}

/** Whether a line gives the same text, number or truth value each time. */
export function isFilledConstant(line: MappingLine): line is MappingLine & { const: string | number | boolean } {
  const more = [line.from, line.link, line.apply, line.lookup, line.default].some((part) => part !== undefined);
  return !more && ["string", "number", "boolean"].includes(typeof line.const) && line.const !== "";
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
  if (fn.only !== undefined && fn.only !== around.direction) {
    const where = fn.only === "toOdoo" ? "from an object to an Odoo model" : "from a system's type to an object";
    around.report(place, `function "${name}" exists only in mappings ${where}`, "Take it out.");
  }
  const wrong = checkArguments(fn, args);
  if (wrong !== undefined) around.report(place, `function "${name}" ${wrong}`, fn.description);
  const apply = fn.call;
  return (input, state) => {
    const before = value(input, state);
    if (before === undefined || before === null) return before;
    try {
      const after = apply(before, args, state.system);
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
  if (unknown === "default" && line.default === undefined) {
    around.report(
      `${around.place}.lookup.unknown`,
      'unknown values go to "default", but there is none',
      "Add a default.",
    );
  }
  const { values, fallback } = table;
  return (input, state) => {
    const before = value(input, state);
    if (before === undefined || before === null || before === "") return before;
    const after =
      typeof before === "object" ? undefined : values.get(typeof before === "string" ? before : `${before}`);
    if (after !== undefined) return after;
    if (fallback !== undefined) return fallback;
    if (unknown === "pass") return before;
    if (unknown !== "hold") return undefined;
    throw unknownValue(before, table, around, state);
  };
}

function tableOf(lookup: Lookup, around: LineSurroundings): ValueTable {
  if (typeof lookup.table !== "string") {
    const values = new Map(Object.entries(lookup.table));
    return { file: around.file, title: "", values, fallback: undefined };
  }
  const table = around.tables.get(lookup.table);
  if (table !== undefined) return table;
  const known = [...around.tables.keys()].join(", ") || "none";
  around.report(`${around.place}.lookup.table`, `there is no table "${lookup.table}"`, `Tables here: ${known}.`);
  return { file: around.file, title: lookup.table, values: new Map(), fallback: undefined };
}

/**
 * The failure of a value that a table does not hold. Its place is the table and the value, not the field: all deliveries that wait for one
 * value have one cause, and adding the value releases them.
 */
function unknownValue(value: Json, table: ValueTable, around: LineSurroundings, state: RunState): Error {
  if (typeof value === "object") {
    return fault(new ValueFault("mapping_value_unusable", "a list or object cannot be looked up"), around, state);
  }
  const text = String(value).slice(0, LIMITS.argumentLength);
  const name = table.title === "" ? `the value table in ${table.file}` : `the table “${table.title}”`;
  return dataFailure(
    "value_unknown",
    `${table.file}#${text}`,
    `${inWords(placed(around.field, state))}: “${text}” is not in ${name}.`,
    `Add “${text}” to ${name}: what waits for it then goes by itself. Or choose another value on the record in Odoo.`,
  );
}

function withDefault(value: ValueSource, fallback: Json): ValueSource {
  return (input, state) => {
    const before = value(input, state);
    return before === undefined || isEmpty(before) ? fallback : before;
  };
}

export function readerOf(path: string, place: string, around: LineSurroundings): Reader {
  const parsed = parsePath(path);
  if ("segments" in parsed) return compileReader(parsed.segments);
  around.report(place, parsed.reason, "Write a dotted path such as partner_id.country_id.code.");
  return () => undefined;
}

/** Reads what names an item of a list for ever, as text. */
export function keyReader(path: string, around: LineSurroundings): ValueSource {
  const read = readerOf(path, `${around.place}.key`, around);
  return (input, state) => {
    const value = read(input);
    if ((typeof value === "string" && value !== "") || typeof value === "number") return String(value);
    throw fault(new ValueFault("mapping_value_unusable", `a line has no “${path}”, which names it`), around, state);
  };
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

function fault(thrown: unknown, around: LineSurroundings, state: RunState): Error {
  if (!(thrown instanceof ValueFault)) return thrown as Error;
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
