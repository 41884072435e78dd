import { HubError } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import { inWords } from "./fault";
import { isObject } from "./paths";
import type { PackProblem } from "./problem";

/** `x-lifecycle` of a canonical schema: the states of a record, and from which to which it may go. */
export interface LifecycleDefinition {
  /** The field that holds the state, an enumeration or yes or no. */
  field: string;
  states: Record<string, { description: string; next: string[] }>;
}

/** What a record's state field holds. */
export type State = string | boolean | null;

/** What may become of the records of one canonical object (MAP-06). */
export class Lifecycle {
  constructor(
    private readonly object: string,
    private readonly definition: LifecycleDefinition,
  ) {}

  get field(): string {
    return this.definition.field;
  }

  /** Whether a record may go from one state to another; staying where it is it always may. A state that does not exist may not. */
  allows(from: State, to: State): boolean {
    if (this.stateOf(to) === undefined) return false;
    return from === to || (this.stateOf(from)?.next.includes(String(to)) ?? false);
  }

  /** Throws the business failure `transition_forbidden`, which names both states and what is possible instead. */
  check(from: State, to: State): void {
    if (this.allows(from, to)) return;
    const possible = this.stateOf(from)?.next ?? Object.keys(this.definition.states);
    throw new HubError({
      kind: "business",
      code: "transition_forbidden",
      message: `${inWords(this.object)} cannot go from “${String(from)}” to “${String(to)}”.`,
      hint:
        possible.length === 0
          ? "It stays as it is; make a new record instead."
          : `From here it goes to ${possible.map((state) => `“${state}”`).join(" or ")}: take that step first.`,
      field: `${this.object}.${this.field}`,
    });
  }

  private stateOf(state: State): { next: string[] } | undefined {
    const { states } = this.definition;
    return Object.hasOwn(states, String(state)) ? states[String(state)] : undefined;
  }
}

/** What is wrong with a schema's lifecycle and identifiers beyond their form: fields and states that do not exist. */
export function checkLifecycle(schema: JsonObject, file: string): PackProblem[] {
  const problems: PackProblem[] = [];
  const report = (path: string, reason: string, fix: string): void => void problems.push({ file, path, reason, fix });
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  for (const [index, name] of (schema["x-identifiers"] as string[]).entries()) {
    if (!Object.hasOwn(properties, name))
      report(`x-identifiers[${index}]`, `there is no field "${name}"`, "Use a field of the object.");
  }
  const { field, states } = schema["x-lifecycle"] as unknown as LifecycleDefinition;
  const holder = Object.hasOwn(properties, field) ? properties[field] : undefined;
  const possible = isObject(holder) ? valuesOf(holder) : undefined;
  if (possible === undefined) {
    report("x-lifecycle.field", `"${field}" is no enumeration and no yes or no`, "Use the field that holds the state.");
    return problems;
  }
  for (const state of possible) {
    if (!Object.hasOwn(states, state))
      report("x-lifecycle.states", `the state "${state}" of ${field} is missing`, "Say where it may go.");
  }
  for (const [state, { next }] of Object.entries(states)) {
    const place = `x-lifecycle.states.${state}`;
    if (!possible.includes(state)) report(place, `${field} has no value "${state}"`, "Take it out, or add the value.");
    for (const [index, to] of next.entries())
      if (!Object.hasOwn(states, to))
        report(`${place}.next[${index}]`, `there is no state "${to}"`, "Use one of the states.");
  }
  return problems;
}

function valuesOf(field: JsonObject): string[] | undefined {
  if (Array.isArray(field["enum"])) return field["enum"].filter((value) => value !== null).map(String);
  const types = Array.isArray(field["type"]) ? field["type"] : [field["type"]];
  return types.includes("boolean") ? ["true", "false"] : undefined;
}
