import type { Json } from "../domain/json";
import type { Condition } from "./definition";
import type { Evidence } from "./extract";
import { asText, parsePath, readPath } from "./json-path";
import { compileTemplate, compileText, type Scope } from "./template";

export type Test = (evidence: Evidence, scope: Scope) => boolean;

/**
 * Compiles a condition. The compared values may be templates (`{key}`); where an optional one has no value the
 * condition does not hold, so that an empty field never matches another empty field.
 */
export function compileCondition(condition: Condition): Test {
  if (condition.all) {
    const tests = condition.all.map(compileCondition);
    return (evidence, scope) => tests.every((test) => test(evidence, scope));
  }
  if (condition.any) {
    const tests = condition.any.map(compileCondition);
    return (evidence, scope) => tests.some((test) => test(evidence, scope));
  }
  if (condition.not) {
    const test = compileCondition(condition.not);
    return (evidence, scope) => !test(evidence, scope);
  }
  const read = compileOperand(condition);
  const compare = compileComparison(condition);
  return (evidence, scope) => compare(read(evidence, scope), scope);
}

/** What is tested: a body path (which may hold a placeholder: a field named by a setting), a header, or a value of the scope. */
function compileOperand(condition: Condition): (evidence: Evidence, scope: Scope) => Json | undefined {
  const header = condition.header?.toLowerCase();
  if (header !== undefined) return (evidence) => evidence.headers[header];
  if (condition.value !== undefined) {
    const value = compileTemplate(condition.value);
    return (_evidence, scope) => value(scope);
  }
  const path = condition.path ?? "";
  if (!path.includes("{")) {
    const steps = parsePath(path);
    return (evidence) => readPath(evidence.body, steps);
  }
  const render = compileText(path);
  return (evidence, scope) => readPath(evidence.body, parsePath(render(scope)));
}

function compileComparison(condition: Condition): (value: Json | undefined, scope: Scope) => boolean {
  if (condition.exists !== undefined) {
    const wanted = condition.exists;
    return (value) => (value !== undefined && value !== null) === wanted;
  }
  if (condition.in !== undefined) {
    const wanted = condition.in;
    return (value) => value !== undefined && wanted.includes(value);
  }
  const fold = (text: string): string => (condition.ignoreCase === true ? text.toLowerCase() : text);
  const textual = (template: string, holds: (text: string, wanted: string) => boolean) => {
    const render = compileTemplate(template);
    return (value: Json | undefined, scope: Scope): boolean => {
      const text = asText(value);
      const wanted = asText(render(scope));
      return text !== null && wanted !== null && wanted !== "" && holds(fold(text), fold(wanted));
    };
  };
  if (condition.contains !== undefined) return textual(condition.contains, (text, wanted) => text.includes(wanted));
  if (condition.startsWith !== undefined)
    return textual(condition.startsWith, (text, wanted) => text.startsWith(wanted));
  if (condition.line !== undefined) {
    return textual(condition.line, (text, wanted) => text.split(/\r?\n/).some((line) => line.trim() === wanted));
  }
  if (typeof condition.equals === "string") return textual(condition.equals, (text, wanted) => text === wanted);
  const wanted = condition.equals ?? null;
  return (value) => value === wanted;
}
