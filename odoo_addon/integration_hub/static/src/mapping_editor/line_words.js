import { _t } from "@web/core/l10n/translation";

/** Lines and conditions in words, for the row that stands for a line. */

export const OPERATORS = {
  equals: _t("is"),
  notEquals: _t("is not"),
  in: _t("is one of"),
  notIn: _t("is none of"),
  filled: _t("is filled in"),
  empty: _t("is empty"),
  exists: _t("is there, be it empty"),
  absent: _t("is not there at all"),
  gt: _t("is greater than"),
  gte: _t("is at least"),
  lt: _t("is less than"),
  lte: _t("is at most"),
  sameAs: _t("is the same as the field"),
};

/** The operator of a comparison as `OPERATORS` names it; `empty: false` is "filled", `exists: false` "absent". */
export function operatorOf(comparison) {
  if (comparison.empty !== undefined) {
    return comparison.empty ? "empty" : "filled";
  }
  if (comparison.exists !== undefined) {
    return comparison.exists ? "exists" : "absent";
  }
  return Object.keys(OPERATORS).find((operator) => comparison[operator] !== undefined) || "equals";
}

/** A comparison of a field by an operator, with the value that goes with it. */
export function comparisonOf(from, operator, value) {
  const fixed = {
    filled: ["empty", false],
    empty: ["empty", true],
    exists: ["exists", true],
    absent: ["exists", false],
  };
  const [key, operand] = fixed[operator] || [operator, value];
  return { from, [key]: operand };
}

export const takesList = (operator) => operator === "in" || operator === "notIn";
export const takesNothing = (operator) => ["filled", "empty", "exists", "absent"].includes(operator);

/** A fixed value as people read it. */
export function valueWords(value) {
  if (value === null) {
    return _t("nothing");
  }
  if (value === true || value === false) {
    return value ? _t("yes") : _t("no");
  }
  return typeof value === "string" ? `“${value}”` : JSON.stringify(value);
}

export function conditionWords(condition) {
  if (!condition || typeof condition !== "object") {
    return "";
  }
  const joined = (parts, word) =>
    parts.map((part) => (part.all || part.any ? `(${conditionWords(part)})` : conditionWords(part))).join(` ${word} `);
  if (condition.all) {
    return joined(condition.all, _t("and"));
  }
  if (condition.any) {
    return joined(condition.any, _t("or"));
  }
  if (condition.not) {
    return _t("not (%s)", conditionWords(condition.not));
  }
  const operator = operatorOf(condition);
  const value = condition[operator];
  const from = condition.from || "…";
  if (takesNothing(operator)) {
    return `${from} ${OPERATORS[operator]}`;
  }
  if (operator === "sameAs") {
    return `${from} ${OPERATORS[operator]} ${value}`;
  }
  const words = takesList(operator) ? (value || []).map(valueWords).join(", ") : valueWords(value ?? null);
  return `${from} ${OPERATORS[operator]} ${words}`;
}

/** What is done to a line's value, as small labels: `[{kind, text, title}]`. */
export function lineMarks(line) {
  const marks = [];
  for (const call of line.apply || []) {
    const [name, ...args] = [call].flat();
    marks.push({
      kind: "step",
      text: args.length ? `${name} ${args.map((arg) => JSON.stringify(arg)).join(" ")}` : name,
    });
  }
  if (line.lookup) {
    const name = typeof line.lookup.table === "string" ? line.lookup.table || "…" : _t("own table");
    marks.push({ kind: "lookup", text: _t("translated by %s", name) });
  }
  if (line.default !== undefined) {
    marks.push({ kind: "default", text: _t("otherwise %s", valueWords(line.default)) });
  }
  if (line.when) {
    marks.push({ kind: "when", text: _t("only when %s", conditionWords(line.when)) });
  }
  if (line.where) {
    marks.push({ kind: "when", text: _t("items where %s", conditionWords(line.where)) });
  }
  if (line.required) {
    marks.push({ kind: "required", text: _t("required") });
  }
  if (line.append) {
    marks.push({ kind: "append", text: _t("added to the list") });
  }
  return marks;
}
