import type { Json } from "../domain/json";
import { ValueFault } from "./fault";
import type { MappingFunction } from "./mapping-function";
import { roundDecimal } from "./functions-numbers";
import { bounded, textOf } from "./functions-text";
import { isObject } from "./paths";

function listOf(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  throw new ValueFault("mapping_value_unusable", "a list is needed");
}

const filled = (value: Json): boolean => value !== null && value !== "";

function joined(value: Json, separator: string): string | null {
  const texts = listOf(value).filter(filled).map(textOf);
  bounded(texts.reduce((length, text) => length + text.length + separator.length, 0));
  return texts.length === 0 ? null : texts.join(separator);
}

export const listFunctions: Record<string, MappingFunction> = {
  first: {
    description:
      "The first value of a list that is not empty; with a name, the value of that name in its items: gid of a task's projects.",
    arguments: [{ name: "name", type: "text", optional: true }],
    call: (value, [name]) => {
      const items = listOf(value);
      const values =
        name === undefined ? items : items.map((item) => (isObject(item) ? (item[String(name)] ?? null) : null));
      return values.find(filled) ?? null;
    },
  },
  join: {
    description: "Joins the filled values of a list with a text between them; empty when none is filled.",
    arguments: [{ name: "separator", type: "text" }],
    call: (value, args) => joined(value, String(args[0])),
  },
  concat: {
    description: "Joins the filled values of a list with nothing between them.",
    arguments: [],
    call: (value) => joined(value, ""),
  },
  fill: {
    description:
      "Puts the values of a list into a sentence at {1}, {2}, …; {2:2} writes a number with two decimals; an empty value leaves its place empty.",
    arguments: [{ name: "sentence", type: "text" }],
    call: (value, args) => {
      const values = listOf(value);
      const texts = values.map((item) => (item === null ? "" : textOf(item)));
      const sentence = String(args[0]);
      const longest = texts.reduce((length, text) => Math.max(length, text.length), 0);
      bounded(sentence.length + sentence.split("{").length * longest);
      return sentence.replace(/\{(\d{1,2})(?::(\d))?\}/g, (_, position: string, decimals: string | undefined) => {
        const number = values[Number(position) - 1];
        if (decimals !== undefined && typeof number === "number")
          return roundDecimal(number, +decimals).toFixed(+decimals);
        return texts[Number(position) - 1] ?? "";
      });
    },
  },
  split: {
    description: "Splits a text at every occurrence of another, taken literally, into a list.",
    arguments: [{ name: "separator", type: "text" }],
    call: (value, args) => {
      const separator = String(args[0]);
      const text = textOf(value);
      return separator === "" ? [text] : text.split(separator).slice(0, 1_000);
    },
  },
  list: {
    description: "A list holding just the value.",
    arguments: [],
    call: (value) => [value],
  },
};
