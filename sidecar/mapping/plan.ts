import type { Json } from "../domain/json";
import type { Test } from "./conditions";
import type { RunState, Step } from "./run";

/** A value as it stands in the input. */
export interface CopyPlan {
  kind: "copy";
  /** Names that nothing has by birth (`isPlainName`). */
  segments: readonly string[];
  /** What stands for an empty value; undefined leaves the target out. */
  whenEmpty: null | "" | undefined;
  /** For messages. */
  field: string;
}

/** A value that takes more than copying: functions, tables, links, several sources. */
export interface ValuePlan {
  kind: "value";
  step: Step;
}

/** The same filled text, number or truth value each time. */
export interface ConstantPlan {
  kind: "constant";
  value: Json;
}

/** An object for each item of a list. */
export interface EachPlan {
  kind: "each";
  read: Step;
  /** Which items; all without. */
  takes: Test | undefined;
  item: ObjectPlan;
  /** What names an item for ever, where the list is the lines of an Odoo record: `{"$lines": [{"key", "values"}]}`. */
  key: Step | undefined;
  field: string;
  /** How many lists are around this one. */
  depth: number;
  /** Set where the list has to be there: the failure when it is not. */
  missing: ((state: RunState) => Error) | undefined;
}

/** One line of a mapping. */
export interface LinePlan {
  value: CopyPlan | ValuePlan | ConstantPlan | EachPlan;
  when: Test | undefined;
  /** Adds to the target's list instead of taking its place. */
  append: boolean;
}

/** One key of an object that is made: of lines, each of which may take over what those before it left, or of an object with keys of its own. */
export type TargetPlan = { key: string; lines: readonly LinePlan[] } | { key: string; group: ObjectPlan };

/** An object that is made, key by key. */
export type ObjectPlan = readonly TargetPlan[];
