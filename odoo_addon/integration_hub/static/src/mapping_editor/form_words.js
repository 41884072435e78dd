import { _t } from "@web/core/l10n/translation";

/** Sentences for what is wrong with a content, found while somebody works on it. */

const FORM = {
  type: (detail) => _t("This has to be of another kind: %s.", detail),
  enum: (detail) => _t("This can be one of %s.", detail),
  blank: () => _t("This must not stay empty."),
  unknown: (detail) => _t("There is no keyword “%s” here.", detail),
};

// What a person reads who looks at the line rather than at the JSON.
const BLANK = {
  to: () => _t("Choose where the value goes."),
  from: () => _t("Choose the field the value comes from."),
  each: () => _t("Choose the list."),
  type: () => _t("Choose which kind of record is linked."),
  lines: () => _t("Add a line: what is made of each item."),
  table: () => _t("Choose the table."),
};

/** The sentence for a problem of `checkForm`. */
export function formWords({ place, code, detail }) {
  const key = code === "required" ? detail : [...place].reverse().find((part) => typeof part === "string");
  if ((code === "blank" || code === "required") && Object.hasOwn(BLANK, key)) {
    return BLANK[key]();
  }
  return code === "required" ? _t("“%s” is missing.", detail) : FORM[code](detail);
}

const JSON_ERRORS = {
  end: _t("The text ends too early: a bracket is not closed."),
  value: _t("A value is missing here: a text in double quotes, a number, true, false, null, a list or an object."),
  text: _t("This text is not closed with a double quote, or has a wrong escape sign."),
  comma: _t("A comma or a closing bracket is missing before this."),
  colon: _t("A colon is missing after the name."),
  key: _t("A name in double quotes is missing here; a comma before a closing bracket is one too many."),
  twice: _t("This name is here twice."),
  rest: _t("Nothing may follow after the last bracket."),
};

/** The sentence for an error of `readJson`. */
export const jsonErrorWords = (code) => JSON_ERRORS[code].toString();
