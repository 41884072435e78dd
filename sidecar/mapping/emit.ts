import type { Json, JsonObject } from "../domain/json";
import { dataFailure, inWords } from "./fault";
import { LIMITS } from "./limits";
import { isObject } from "./paths";
import type { CopyPlan, EachPlan, LinePlan, ObjectPlan, TargetPlan } from "./plan";
import type { ObjectStep } from "./run";
import { countWritten, reserve } from "./run";

/*
 * A mapping's structure becomes one function of its own, because code that serves every mapping sees every shape and then looks each name
 * up in a table (docs/performance.md). Nothing of a mapping is evaluated: the source below is made of fixed text and running numbers alone.
 * Names, constants, tests and functions are values that the source refers to by number, so there is nothing to escape.
 */

/** The source of a mapping's function, and the values it refers to as r0, r1, …. */
export interface Emitted {
  source: string;
  refs: readonly unknown[];
}

/** Makes the function that makes an object as planned. */
export function objectStep(plan: ObjectPlan): ObjectStep {
  const { source, refs } = emit(plan);
  running += 1;
  // Numbered: V8 would have functions of one text share what it learns about shapes.
  const numbered = `"use strict"; /* ${running} */ ${source}`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is fixed words and running numbers, never a mapping's (test/unit/mapping/emit.test.ts)
  const make = new Function("r", "help", numbered) as (refs: readonly unknown[], help: typeof HELP) => ObjectStep;
  return make(refs, HELP);
}

let running = 0;

/** What the source calls besides a mapping's own values. */
const HELP = {
  isObject,
  countWritten,
  full: (state: Parameters<ObjectStep>[1], field: string): void => {
    if (state.written > LIMITS.outputValues) reserve(1, state, field);
  },
  appended: (list: Json | undefined, value: Json): Json[] => (Array.isArray(list) ? [...list, value] : [value]),
  notList: (field: string): Error => unusable(field, "is not a list"),
  notRecord: (field: string): Error => unusable(field, "holds something that is not a record"),
};

export function emit(plan: ObjectPlan): Emitted {
  const emitter = new Emitter();
  const object = emitter.object(plan, "input");
  const refs = emitter.refs;
  const source = [
    "const { isObject, countWritten, full, appended, notList, notRecord } = help;",
    ...refs.map((_, index) => `const r${index} = r[${index}];`),
    "return (input, state) => {",
    object.code,
    `state.written += ${object.count};`,
    `return ${object.name};`,
    "};",
  ].join("\n");
  return { source, refs };
}

class Emitter {
  readonly refs: unknown[] = [];
  private readonly known = new Map<unknown, string>();
  private names = 0;

  /** Code that makes the object `name` of the value called `input`, and counts its keys in `count`. */
  object(plan: ObjectPlan, input: string): { name: string; count: string; code: string } {
    const [name, count] = [this.name("o"), this.name("n")];
    const keys = plan.map((target) => this.target(target, input, name, count)).join("\n");
    return { name, count, code: `const ${name} = {}; let ${count} = 0;\n${keys}` };
  }

  private target(target: TargetPlan, input: string, object: string, count: string): string {
    const put = (value: string): string => `${object}[${this.ref(target.key)}] = ${value}; ${count} += 1;`;
    if ("group" in target) {
      const inner = this.object(target.group, input);
      return `${inner.code}\nif (${inner.count} !== 0) { state.written += ${inner.count}; ${put(inner.name)} }`;
    }
    const value = this.name("v");
    const lines = target.lines.map((line) => this.line(line, input, value, target.lines.length > 1));
    return `let ${value};\n${lines.join("\n")}\nif (${value} !== undefined) { ${put(value)} }`;
  }

  /** Code that leaves in `target` what the line gives; nothing where it gives nothing and others came before it. */
  private line({ value, when, append }: LinePlan, input: string, target: string, several: boolean): string {
    const own = append || several ? this.name("w") : target;
    let code = this.value(value, input, own);
    if (own !== target) {
      const taken = append ? `appended(${target}, ${own})` : own;
      code = `let ${own};\n${code}\nif (${own} !== undefined) ${target} = ${taken};`;
    }
    return when === undefined ? code : `if (${this.ref(when)}(${input})) {\n${code}\n}`;
  }

  private value(plan: LinePlan["value"], input: string, into: string): string {
    if (plan.kind === "constant") return `${into} = ${this.ref(plan.value)};`;
    if (plan.kind === "value") return `${into} = ${this.ref(plan.step)}(${input}, state);`;
    return plan.kind === "copy" ? this.copy(plan, input, into) : this.each(plan, input, into);
  }

  private copy({ segments, whenEmpty, field }: CopyPlan, input: string, into: string): string {
    const [first = "", ...further] = segments;
    const open = further.map(
      (segment) =>
        `if (typeof ${into} !== "object") ${into} = undefined; else if (${into} !== null) { ${into} = ${into}[${this.ref(segment)}];`,
    );
    const empty = whenEmpty === undefined ? "undefined" : whenEmpty === null ? "null" : '""';
    return [
      `${into} = ${input}[${this.ref(first)}];`,
      ...open,
      "}".repeat(further.length),
      `if (${into} === null || ${into} === "") ${into} = ${empty};`,
      `else if (typeof ${into} === "object") countWritten(${into}, state, ${this.ref(field)});`,
    ].join("\n");
  }

  private each(plan: EachPlan, input: string, into: string): string {
    const [list, items, item, index] = [this.name("l"), this.name("s"), this.name("i"), this.name("x")];
    const field = this.ref(plan.field);
    const inner = this.object(plan.item, item);
    return [
      `const ${list} = ${this.ref(plan.read)}(${input}, state);`,
      plan.missing === undefined
        ? `if (${list} !== undefined && ${list} !== null) {`
        : `if (${list} === undefined || ${list} === null) throw ${this.ref(plan.missing)}(state); else {`,
      `if (!Array.isArray(${list})) throw notList(${field});`,
      `const ${items} = [];`,
      `for (let ${index} = 0; ${index} < ${list}.length; ${index} += 1) {`,
      `const ${item} = ${list}[${index}];`,
      `if (!isObject(${item})) throw notRecord(${field});`,
      plan.takes === undefined ? "" : `if (!${this.ref(plan.takes)}(${item})) continue;`,
      `state.indices[${plan.depth}] = ${index};`,
      inner.code,
      `state.written += ${inner.count};`,
      plan.key === undefined
        ? `${items}.push(${inner.name});`
        : `${items}.push({ key: ${this.ref(plan.key)}(${item}, state), values: ${inner.name} });`,
      `full(state, ${field});`,
      "}",
      plan.key === undefined ? `${into} = ${items};` : `${into} = { $lines: ${items} };`,
      "}",
    ].join("\n");
  }

  /** What the source calls a value. */
  private ref(value: unknown): string {
    let name = this.known.get(value);
    if (name === undefined) {
      name = `r${this.refs.push(value) - 1}`;
      this.known.set(value, name);
    }
    return name;
  }

  private name(kind: string): string {
    this.names += 1;
    return `${kind}${this.names}`;
  }
}

function unusable(field: string, reason: string): Error {
  const message = `${inWords(field)} ${reason}.`;
  return dataFailure("mapping_value_unusable", field, message, "Correct the path of each in the mapping.");
}

/** The object step, made when it is first needed: most mappings of a check are never run. */
export function lazyObjectStep(plan: ObjectPlan): (input: JsonObject, state: Parameters<ObjectStep>[1]) => JsonObject {
  let made: ObjectStep | null = null;
  return (input, state) => (made ??= objectStep(plan))(input, state);
}
