import { schemaAt } from "./schema_check";
import { lineOf, scopeOf, valueAt } from "./mapping_content";

/**
 * What can be written at a place of a mapping: `[{text, hint}]`, those that begin with what is typed first.
 *
 * @param {{place: (string|number)[], isKey: boolean, typed: string}} typed as `typedAt` answers
 * @param {object} info as the server's `editor_info` answers
 * @param {object} content the last content that could be read, to know which list a line is inside of
 */
export function completions({ place, isKey, typed }, info, content) {
  const fits = ({ text }) => text.toLowerCase().includes(typed.toLowerCase());
  const starts = ({ text }) => (text.toLowerCase().startsWith(typed.toLowerCase()) ? 0 : 1);
  return (isKey ? keysAt(place, info, content) : valuesAt(place, info, content))
    .filter(fits)
    .sort((a, b) => starts(a) - starts(b))
    .slice(0, 50);
}

function keysAt(place, info, content) {
  const there = Object.keys(valueAt(content, place) || {});
  const properties = schemaAt(info.schema, place)?.properties || {};
  return Object.entries(properties)
    .filter(([key]) => !there.includes(key))
    .map(([key, schema]) => ({ text: key, hint: schema.description || "" }));
}

function valuesAt(place, info, content) {
  const schema = schemaAt(info.schema, place);
  const key = [...place].reverse().find((part) => typeof part === "string");
  if (schema?.enum) {
    return schema.enum.map((text) => ({ text, hint: schema.description || "" }));
  }
  if (schema?.type === "boolean") {
    return ["true", "false"].map((text) => ({ text, hint: schema.description || "" }));
  }
  switch (key) {
    case "apply":
      return info.functions.map(({ name, description }) => ({ text: name, hint: description }));
    case "table":
      return info.tables.map(({ name, description }) => ({ text: name, hint: description }));
    case "type":
      return place.at(-2) === "link" ? info.types.map(({ type, title }) => ({ text: type, hint: title })) : [];
    case "to":
      return fieldsIn(info.target, scopeAt(place, content).target);
    case "from":
    case "each":
    case "sameAs":
      return fieldsIn(info.source, scopeAt(place, content).source);
    default:
      return [];
  }
}

function scopeAt(place, content) {
  const line = lineOf(place);
  const scope = line ? scopeOf(content, line) : { source: "", target: "" };
  // The condition of a list's `where` is about its items.
  const each = line && place.includes("where") ? valueAt(content, line)?.each : undefined;
  return each ? { ...scope, source: `${scope.source}${each}.` } : scope;
}

function fieldsIn({ fields }, prefix) {
  return fields
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path, title }) => ({ text: path.slice(prefix.length), hint: title }));
}
