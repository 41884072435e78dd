import type { Json, JsonObject } from "../domain/json";
import type { Comparison, Condition } from "./definition";
import { LIMITS } from "./limits";
import type { Reader } from "./paths";
import { compileReader, isEmpty, parsePath } from "./paths";

/** Decides whether a line applies. */
export type Test = (input: JsonObject) => boolean;

/** Called for each thing wrong: path inside the condition, reason, fix. */
export type Report = (path: string, reason: string, fix: string) => void;

const OPERATORS = [
  "equals",
  "notEquals",
  "in",
  "notIn",
  "exists",
  "empty",
  "gt",
  "gte",
  "lt",
  "lte",
  "sameAs",
] as const;

/** Compiles `when` and `where`. An absent value equals nothing but null, and is never greater or smaller. */
export function compileCondition(condition: Condition, report: Report, path = "", depth = 1): Test {
  if (depth > LIMITS.conditionDepth) {
    report(path, "conditions are nested too deeply", `Keep conditions within ${LIMITS.conditionDepth} levels.`);
    return () => false;
  }
  const forms = ["from", "all", "any", "not"].filter((form) => form in condition);
  if (forms.length !== 1) {
    const reason =
      forms.length === 0 ? "a condition needs from" : "a condition is either one comparison, or all, any or not";
    report(path, reason, "Put the parts side by side in all or any.");
    return () => false;
  }
  if ("all" in condition) {
    const tests = condition.all.map((part, i) => compileCondition(part, report, `${path}.all[${i}]`, depth + 1));
    return (input) => tests.every((test) => test(input));
  }
  if ("any" in condition) {
    const tests = condition.any.map((part, i) => compileCondition(part, report, `${path}.any[${i}]`, depth + 1));
    return (input) => tests.some((test) => test(input));
  }
  if ("not" in condition) {
    const test = compileCondition(condition.not, report, `${path}.not`, depth + 1);
    return (input) => !test(input);
  }
  return compileComparison(condition, report, path);
}

/** Every path a condition reads. */
export function conditionPaths(condition: Condition): string[] {
  if ("all" in condition) return condition.all.flatMap(conditionPaths);
  if ("any" in condition) return condition.any.flatMap(conditionPaths);
  if ("not" in condition) return conditionPaths(condition.not);
  return condition.sameAs === undefined ? [condition.from] : [condition.from, condition.sameAs];
}

function compileComparison(comparison: Comparison, report: Report, path: string): Test {
  const used = OPERATORS.filter((operator) => comparison[operator] !== undefined);
  const operator = used[0];
  if (used.length !== 1 || operator === undefined) {
    report(path, "a condition needs exactly one comparison", `Use one of ${OPERATORS.join(", ")}.`);
    return () => false;
  }
  const read = readerFor(comparison.from, report, `${path}.from`);
  const expected = comparison[operator] as Json;
  switch (operator) {
    case "equals":
      return (input) => (read(input) ?? null) === expected;
    case "notEquals":
      return (input) => (read(input) ?? null) !== expected;
    case "in": {
      const values = new Set(expected as Json[]);
      return (input) => values.has(read(input) ?? null);
    }
    case "notIn": {
      const values = new Set(expected as Json[]);
      return (input) => !values.has(read(input) ?? null);
    }
    case "exists":
      return (input) => (read(input) !== undefined) === expected;
    case "empty":
      return (input) => isEmpty(read(input)) === expected;
    case "sameAs": {
      const other = readerFor(expected as string, report, `${path}.sameAs`);
      return (input) => (read(input) ?? null) === (other(input) ?? null);
    }
    case "gt":
      return ordered(read, expected, (order) => order > 0);
    case "gte":
      return ordered(read, expected, (order) => order >= 0);
    case "lt":
      return ordered(read, expected, (order) => order < 0);
    case "lte":
      return ordered(read, expected, (order) => order <= 0);
  }
}

/** Numbers compare with numbers and texts (ISO dates among them) with texts; anything else does not hold. */
function ordered(read: Reader, expected: Json, holds: (order: number) => boolean): Test {
  return (input) => {
    const value = read(input);
    if (typeof value === "number" && typeof expected === "number") return holds(value - expected);
    if (typeof value === "string" && typeof expected === "string") {
      return holds(value < expected ? -1 : value > expected ? 1 : 0);
    }
    return false;
  };
}

function readerFor(path: string, report: Report, place: string): Reader {
  const parsed = parsePath(path);
  if ("reason" in parsed) {
    report(place, parsed.reason, "Write a dotted path such as partner_id.country_id.code.");
    return () => undefined;
  }
  return compileReader(parsed.segments);
}
