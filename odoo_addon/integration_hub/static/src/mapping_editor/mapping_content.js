/**
 * Reading and changing the content of a mapping (docs/mappings.md). Contents are never changed in place: every change
 * answers a new one, so that undo is a list of contents. A place is a list of keys, ["lines", 3, "lines", 0].
 */

/** The value at a place; undefined when it is not there. */
export function valueAt(content, place) {
  return place.reduce((node, key) => (node === null || node === undefined ? undefined : node[key]), content);
}

/** The content with another value at a place; undefined takes the key or the item away. */
export function withValue(content, place, value) {
  if (!place.length) {
    return value;
  }
  const [key, ...rest] = place;
  const copy = Array.isArray(content) ? [...content] : { ...content };
  const inner = withValue(copy[key] ?? (typeof rest[0] === "number" ? [] : {}), rest, value);
  if (inner !== undefined) {
    copy[key] = inner;
  } else if (Array.isArray(copy)) {
    copy.splice(key, 1);
  } else {
    delete copy[key];
  }
  return copy;
}

/** The content with an item put into a list at an index. */
export function withInserted(content, listPlace, index, item) {
  const list = [...(valueAt(content, listPlace) || [])];
  list.splice(index, 0, item);
  return withValue(content, listPlace, list);
}

/** The content with an item of a list moved by so many places; the same content when it would fall out of the list. */
export function withMoved(content, place, by) {
  const listPlace = place.slice(0, -1);
  const from = place.at(-1);
  const list = [...valueAt(content, listPlace)];
  const to = from + by;
  if (to < 0 || to >= list.length) {
    return content;
  }
  list.splice(to, 0, ...list.splice(from, 1));
  return withValue(content, listPlace, list);
}

/** `["lines", 3, "from"]` as people and the sidecar write it: `lines[3].from`. */
export function placeText(place) {
  return place.reduce((text, key) => (typeof key === "number" ? `${text}[${key}]` : text ? `${text}.${key}` : key), "");
}

/** `lines[3].from` or `/lines/3/from` as a place. */
export function placeOf(text) {
  const parts = text.startsWith("/") ? text.slice(1).split("/") : text.replace(/\[(\d+)\]/g, ".$1").split(".");
  return parts.filter((part) => part !== "").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** The place of the line that something inside a mapping belongs to; undefined for what is about the whole mapping. */
export function lineOf(place) {
  let end = 0;
  while (place[end] === "lines" && typeof place[end + 1] === "number") {
    end += 2;
  }
  return end ? place.slice(0, end) : undefined;
}

/** What the paths of a line are relative to, because it stands inside lists: `{source: "lines.", target: "items."}`. */
export function scopeOf(content, linePlace) {
  const scope = { source: "", target: "" };
  for (let end = 2; end < linePlace.length; end += 2) {
    const line = valueAt(content, linePlace.slice(0, end)) || {};
    scope.source += `${line.each || ""}.`;
    scope.target += `${line.to || ""}.`;
  }
  return scope;
}

/** Calls `visit(line, place, scope)` for every line, nested ones included, in their order. */
export function eachLine(content, visit, place = ["lines"], scope = { source: "", target: "" }) {
  for (const [index, line] of (valueAt(content, place) || []).entries()) {
    if (!line || typeof line !== "object") {
      continue;
    }
    const here = [...place, index];
    visit(line, here, scope);
    if (line.each !== undefined) {
      const inner = { source: `${scope.source}${line.each}.`, target: `${scope.target}${line.to}.` };
      eachLine(content, visit, [...here, "lines"], inner);
    }
  }
}

/** The paths that a condition reads. */
export function conditionPaths(condition) {
  if (!condition || typeof condition !== "object") {
    return [];
  }
  const parts = [...(condition.all || []), ...(condition.any || []), ...(condition.not ? [condition.not] : [])];
  const own = [condition.from, condition.sameAs].filter((path) => typeof path === "string");
  return [...own, ...parts.flatMap(conditionPaths)];
}

/** Which fields are read and written, each with the places of the lines that do: `{sources, targets}`, maps by full path. */
export function usedPaths(content) {
  const sources = new Map();
  const targets = new Map();
  const note = (map, path, place) => map.set(path, [...(map.get(path) || []), place]);
  eachLine(content, (line, place, scope) => {
    const direct = [line.from ?? [], line.link?.from ?? [], line.each ?? [], conditionPaths(line.when)].flat();
    for (const path of new Set(direct)) {
      note(sources, scope.source + path, place);
    }
    for (const path of conditionPaths(line.where)) {
      note(sources, `${scope.source}${line.each}.${path}`, place);
    }
    note(targets, scope.target + line.to, place);
  });
  return { sources, targets };
}

/** A new line's kind, and what a line of that kind starts with. */
export const KINDS = {
  field: { from: "" },
  fields: { from: ["", ""] },
  constant: { const: "" },
  link: { link: { type: "", from: "" } },
  list: { each: "", lines: [{ to: "", from: "" }] },
};

/** Which kind a line is of. */
export function kindOf(line) {
  if (line.each !== undefined) {
    return "list";
  }
  if (line.link !== undefined) {
    return "link";
  }
  if (line.const !== undefined) {
    return "constant";
  }
  return Array.isArray(line.from) ? "fields" : "field";
}

// A list makes its value from its own lines: none of these goes with it.
const NOT_WITH_LIST = ["apply", "lookup", "default", "append", "whenEmpty"];

/** The line as one of another kind; keeps what both kinds have, and the first field where there is one. */
export function asKind(line, kind) {
  const before = [line.from ?? line.link?.from ?? line.each ?? ""].flat()[0];
  const rest = { ...line };
  for (const key of [
    "from",
    "const",
    "link",
    "each",
    "entries",
    "lines",
    "where",
    ...(kind === "list" ? NOT_WITH_LIST : []),
  ]) {
    delete rest[key];
  }
  const source = structuredClone(KINDS[kind]);
  if (kind === "field") {
    source.from = before;
  } else if (kind === "fields") {
    source.from = [before, ""];
  } else if (kind === "link") {
    source.link.from = before;
  } else if (kind === "list") {
    source.each = before;
  }
  return { ...rest, ...source };
}

const FILE_ORDER = ["$schema", "title", "version", "note", "source", "target", "whenEmpty", "lines", "writeBack"];
const LINE_ORDER = [
  ...["to", "from", "const", "link", "each", "entries", "where", "when", "apply", "lookup", "default"],
  ...["required", "append", "whenEmpty", "note", "lines"],
];

/** The content with its keywords in the order people write them; the database does not keep an order. */
export function inOrder(content) {
  const sorted = sortKeys(content, FILE_ORDER);
  return Array.isArray(content.lines) ? { ...sorted, lines: content.lines.map(lineInOrder) } : sorted;
}

function lineInOrder(line) {
  if (!line || typeof line !== "object") {
    return line;
  }
  const sorted = sortKeys(line, LINE_ORDER);
  for (const [key, order] of [
    ["link", ["type", "from", "optional"]],
    ["lookup", ["table", "unknown"]],
  ]) {
    if (line[key] && typeof line[key] === "object") {
      sorted[key] = sortKeys(line[key], order);
    }
  }
  for (const key of ["when", "where"]) {
    if (line[key] && typeof line[key] === "object") {
      sorted[key] = conditionInOrder(line[key]);
    }
  }
  return Array.isArray(line.lines) ? { ...sorted, lines: line.lines.map(lineInOrder) } : sorted;
}

function conditionInOrder(condition) {
  const sorted = sortKeys(condition, ["from"]);
  for (const key of ["all", "any"]) {
    if (Array.isArray(condition[key])) {
      sorted[key] = condition[key].map(conditionInOrder);
    }
  }
  return sorted;
}

function sortKeys(object, order) {
  if (!object || typeof object !== "object" || Array.isArray(object)) {
    return object;
  }
  const known = order.filter((key) => Object.hasOwn(object, key));
  const others = Object.keys(object).filter((key) => !order.includes(key));
  return Object.fromEntries([...known, ...others].map((key) => [key, object[key]]));
}

/** True when two contents say the same, whatever the order of their keys. */
export function sameContent(one, other) {
  if (one === other) {
    return true;
  }
  if (!one || !other || typeof one !== "object" || typeof other !== "object") {
    return false;
  }
  if (Array.isArray(one) !== Array.isArray(other)) {
    return false;
  }
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameContent(one[key], other[key]))
  );
}
