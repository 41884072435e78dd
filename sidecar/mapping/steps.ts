import type { Json, JsonObject } from "../domain/json";
import type { Test } from "./conditions";
import type { MappingLine } from "./definition";
import { dataFailure, inWords } from "./fault";
import { LIMITS } from "./limits";
import type { LineSurroundings } from "./line";
import { readerOf } from "./line";
import { isObject, isPlainName } from "./paths";
import type { ObjectStep, RunState, Step } from "./run";
import { countWritten, reserve } from "./run";

/** One key of an object that is made, and what gives its value. */
export interface Target {
  key: string;
  step: Step;
}

/** Makes an object of its targets. */
export function objectStep(targets: readonly Target[]): ObjectStep {
  const make = groupStep(targets) as (input: JsonObject, state: RunState) => JsonObject | undefined;
  return (input, state) => make(input, state) ?? {};
}

/** As objectStep, but an object that stays empty is left out. */
export function groupStep(targets: readonly Target[]): Step {
  const count = targets.length;
  const keys = targets.map(({ key }) => key);
  const steps = targets.map(({ step }) => step);
  return (input, state) => {
    const made: JsonObject = {};
    let written = 0;
    // By index: this is the innermost loop, and an iterator costs as much as a short line.
    for (let index = 0; index < count; index += 1) {
      const value = (steps[index] as Step)(input, state);
      if (value === undefined) continue;
      made[keys[index] as string] = value;
      written += 1;
    }
    state.written += written;
    return written === 0 ? undefined : made;
  };
}

/** Several lines with one target, or lines that append: each in turn may take over what those before it left. */
export function leafStep(lines: readonly { line: MappingLine; step: Step }[]): Step {
  return (input, state) => {
    let value: Json | undefined;
    for (let index = 0; index < lines.length; index += 1) {
      const { line, step } = lines[index] as { line: MappingLine; step: Step };
      const found = step(input, state);
      if (found === undefined) continue;
      // A new list each time: the one that is there may be the source's own, or a constant of the mapping.
      if (line.append === true) value = Array.isArray(value) ? [...value, found] : [found];
      else value = found;
    }
    return value;
  };
}

/**
 * A line that only copies, which most lines are, in one closure: reading, and what becomes of an empty value. `whenEmpty` is what stands for
 * one; undefined leaves the target out.
 */
export function copyStep(path: string, place: string, whenEmpty: Json | undefined, around: LineSurroundings): Step {
  const field = around.field;
  const [first = "", second = ""] = path.split(".");
  const segments = path.split(".").length;
  if (segments === 1 && isPlainName(first)) {
    return (input, state) => {
      const value = input[first];
      if (value === null || value === "") return whenEmpty;
      if (typeof value === "object") countWritten(value, state, field);
      return value;
    };
  }
  if (segments === 2 && isPlainName(first) && isPlainName(second)) {
    return (input, state) => {
      const inner = input[first];
      if (typeof inner !== "object") return undefined;
      if (inner === null) return whenEmpty;
      const value = (inner as JsonObject)[second];
      if (value === null || value === "") return whenEmpty;
      if (typeof value === "object") countWritten(value, state, field);
      return value;
    };
  }
  const read = readerOf(path, place, around);
  return (input, state) => {
    const value = read(input);
    if (value === null || value === "") return whenEmpty;
    if (typeof value === "object") countWritten(value, state, field);
    return value;
  };
}

/** One line of an Odoo record with the key that names it for ever: `{"key", "values"}`. */
export function keyedStep(item: ObjectStep, key: string, around: LineSurroundings): ObjectStep {
  const read = readerOf(key, `${around.place}.key`, around);
  return (input, state) => {
    const value = read(input);
    if ((typeof value !== "string" || value === "") && typeof value !== "number")
      throw unusable(around.field, `holds a line without “${key}”, which names it`);
    return { key: String(value), values: item(input, state) };
  };
}

/** Makes one item of each record of a list that `takes` accepts. */
export function mapItems(
  list: Json,
  make: ObjectStep,
  takes: Test | undefined,
  field: string,
  depth: number,
  state: RunState,
): Json[] {
  if (!Array.isArray(list)) throw unusable(field, "is not a list");
  const items: Json[] = [];
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index];
    if (!isObject(item)) throw unusable(field, "holds something that is not a record");
    if (takes !== undefined && !takes(item)) continue;
    state.indices[depth] = index;
    items.push(make(item, state));
    if (state.written > LIMITS.outputValues) reserve(1, state, field);
  }
  return items;
}

function unusable(field: string, reason: string): Error {
  const message = `${inWords(field)} ${reason}.`;
  return dataFailure("mapping_value_unusable", field, message, "Correct the path of each in the mapping.");
}
