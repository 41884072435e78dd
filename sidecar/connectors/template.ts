import { HubError } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import { FILTERS, type Filter } from "./template-filters";
import { asText, parsePath, readPath } from "./json-path";

/*
 * Templates fill requests: `{doc.name}`, `{id}`, `{connection.keyProperty}`. They are compiled once to closures; no text is
 * ever evaluated. A string that is one placeholder keeps the value's JSON type; inside other text the value becomes text.
 * `{doc.note?}` may be missing: as a whole value the property is left out, inside text it is empty.
 */

/** The values a template may name, by root: `doc`, `id`, `key`, `connection`, … */
export type Scope = { readonly [root: string]: Json | undefined };

/** Values every template of a connector may name. A type alias and no interface, so that it is a Scope too. */
export type BaseScope = { connection: JsonObject; token: Json };

export type Rendered<T> = (scope: Scope) => T;

type Part = { text: string } | { steps: string[]; source: string; optional: boolean; filters: Filter[] };

/** Compiles any JSON value. Objects with `$merge`, `$join` or `$omit` are the operators; everything else is copied. */
export function compileTemplate(template: Json): Rendered<Json | undefined> {
  if (typeof template === "string") return compileValue(template);
  if (Array.isArray(template)) {
    const items = template.map(compileTemplate);
    return (scope) => items.map((item) => item(scope)).filter((value) => value !== undefined);
  }
  if (typeof template !== "object" || template === null) return () => template;
  if (Object.hasOwn(template, "$merge")) return compileMerge(template["$merge"] ?? null);
  if (Object.hasOwn(template, "$join")) return compileJoin(template);
  if (Object.hasOwn(template, "$omit")) return compileOmit(template);
  return compileObject(template);
}

/** Compiles text: the result is always text. `encode` is applied to every inserted value (path segments). */
export function compileText(template: string, encode: (value: string) => string = (value) => value): Rendered<string> {
  const parts = parse(template);
  return (scope) => {
    let text = "";
    for (const part of parts) text += "text" in part ? part.text : encode(textOf(part, scope));
    return text;
  };
}

/** The placeholders of a template, as written, for checks before anything runs; `except` is a key to leave out. */
export function placeholdersOf(template: Json, except?: string): { source: string; root: string; optional: boolean }[] {
  if (typeof template === "string") {
    return parse(template).flatMap((part) =>
      "text" in part ? [] : [{ source: part.source, root: part.steps[0] ?? "", optional: part.optional }],
    );
  }
  if (Array.isArray(template)) return template.flatMap((item) => placeholdersOf(item, except));
  if (typeof template === "object" && template !== null) {
    return Object.entries(template).flatMap(([key, value]) => [
      ...(key.startsWith("$") ? [] : placeholdersOf(key)),
      ...(key === except ? [] : placeholdersOf(value, except)),
    ]);
  }
  return [];
}

function compileValue(template: string): Rendered<Json | undefined> {
  const parts = parse(template);
  const only = parts[0];
  if (parts.length === 1 && only !== undefined && !("text" in only)) return (scope) => valueOf(only, scope);
  const text = compileText(template);
  return (scope) => text(scope);
}

function compileObject(template: JsonObject): Rendered<JsonObject> {
  const entries = Object.entries(template).map(([key, value]) => [compileText(key), compileTemplate(value)] as const);
  return (scope) => {
    const object: JsonObject = {};
    for (const [key, value] of entries) {
      const rendered = value(scope);
      if (rendered !== undefined) define(object, key(scope), rendered);
    }
    return object;
  };
}

function compileMerge(template: Json): Rendered<JsonObject> {
  if (!Array.isArray(template)) throw broken("$merge", "needs a list of objects");
  const parts = template.map(compileTemplate);
  return (scope) => {
    const merged: JsonObject = {};
    for (const part of parts) {
      const value = part(scope);
      if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
      for (const [key, entry] of Object.entries(value)) define(merged, key, entry);
    }
    return merged;
  };
}

function compileJoin(template: JsonObject): Rendered<string> {
  const lines = template["$join"];
  const separator = asText(template["with"] ?? "\n") ?? "\n";
  if (!Array.isArray(lines)) throw broken("$join", "needs a list of texts");
  const parts = lines.map(compileTemplate);
  return (scope) =>
    parts
      .map((part) => asText(part(scope)))
      .filter((text) => text !== null && text !== "")
      .join(separator);
}

function compileOmit(template: JsonObject): Rendered<JsonObject> {
  const names = template["$omit"];
  if (!Array.isArray(names)) throw broken("$omit", "needs a list of property names");
  const from = compileTemplate(template["from"] ?? null);
  return (scope) => {
    const kept: JsonObject = {};
    const value = from(scope);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return kept;
    for (const [key, entry] of Object.entries(value)) if (!names.includes(key)) define(kept, key, entry);
    return kept;
  };
}

function define(object: JsonObject, key: string, value: Json): void {
  // assigning a key named __proto__ would reach the prototype; defining every other one as well would make objects slow to write as JSON
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function parse(template: string): Part[] {
  const parts: Part[] = [];
  let text = "";
  for (let at = 0; at < template.length;) {
    const char = template[at];
    if ((char === "{" || char === "}") && template[at + 1] === char) {
      text += char;
      at += 2;
    } else if (char === "{") {
      const end = template.indexOf("}", at);
      if (end < 0) throw broken(template, "has a { without its }");
      if (text !== "") parts.push({ text });
      text = "";
      parts.push(parsePlaceholder(template.slice(at + 1, end), template));
      at = end + 1;
    } else {
      text += char;
      at += 1;
    }
  }
  if (text !== "" || parts.length === 0) parts.push({ text });
  return parts;
}

function parsePlaceholder(inside: string, template: string): Part {
  const [written = "", ...filterNames] = inside.split("|").map((piece) => piece.trim());
  const optional = written.endsWith("?");
  const source = optional ? written.slice(0, -1) : written;
  if (!/^[A-Za-z0-9_]+(\.[A-Za-z0-9_-]+)*$/.test(source)) {
    throw broken(template, `has the placeholder {${inside}}, which is not a dotted path`);
  }
  const filters = filterNames.map((name) => {
    if (!Object.hasOwn(FILTERS, name)) {
      throw broken(template, `uses the filter "${name}"; there are ${Object.keys(FILTERS).join(", ")}`);
    }
    return FILTERS[name as keyof typeof FILTERS];
  });
  return { steps: parsePath(source), source, optional, filters };
}

function valueOf(part: Exclude<Part, { text: string }>, scope: Scope): Json | undefined {
  const value = readPath(scope as JsonObject, part.steps);
  if (value === undefined) {
    if (part.optional) return undefined;
    throw new HubError({
      kind: "data",
      code: "connector_value_missing",
      message: `The request cannot be built: ${part.source} has no value.`,
      hint: part.source.startsWith("doc.")
        ? "Let the system's mapping write this field, or mark the placeholder as optional in the connector definition."
        : "Set the value in the connection's settings.",
      field: part.source,
    });
  }
  if (part.filters.length === 0) return value;
  return part.filters.reduce((text, filter) => filter(text), asText(value) ?? "");
}

function textOf(part: Exclude<Part, { text: string }>, scope: Scope): string {
  const value = valueOf(part, scope);
  if (value === undefined || value === null) return "";
  const text = asText(value);
  return text ?? JSON.stringify(value);
}

function broken(template: string, reason: string): HubError {
  return new HubError({
    kind: "data",
    code: "connector_template_invalid",
    message: `The template "${template}" ${reason}.`,
    hint: "Correct it in the connector definition; docs/connectors.md lists what a template may hold.",
    field: template,
  });
}
