import { sameContent } from "../mapping_editor/mapping_content";

/** Rows of a nested value for a person to read: `[{path, depth, key, value, change, before}]`; groups have no value. */
export function valueRows(value, before) {
  const rows = [];
  walk(value, before, [], before !== undefined, rows);
  return rows;
}

const isGroup = (value) => value !== null && typeof value === "object" && Object.keys(value).length > 0;

function walk(value, before, place, compares, rows) {
  const other = before !== null && typeof before === "object" ? before : {};
  const gone = compares && !Array.isArray(value) ? Object.keys(other).filter((key) => !Object.hasOwn(value, key)) : [];
  for (const key of inOrder(value, [...Object.keys(value), ...gone])) {
    const here = [...place, key];
    const row = {
      path: here.join("."),
      depth: place.length,
      key: Array.isArray(value) ? String(Number(key) + 1) : key,
    };
    if (!Object.hasOwn(value, key)) {
      rows.push({ ...row, value: shown(other[key]), change: "removed" });
    } else if (isGroup(value[key])) {
      rows.push(row);
      walk(value[key], other[key], here, compares, rows);
    } else {
      const change = compares && changeOf(value[key], other, key);
      rows.push({ ...row, value: shown(value[key]), change, before: change === "changed" ? shown(other[key]) : "" });
    }
  }
}

/** By name, single values before groups: what a database keeps of an object has no order of its own. */
function inOrder(value, keys) {
  if (Array.isArray(value)) {
    return keys;
  }
  const rank = (key) => (isGroup(value[key]) ? 1 : 0);
  return keys.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

function changeOf(value, other, key) {
  if (!Object.hasOwn(other, key)) {
    return "added";
  }
  return sameContent(value, other[key]) ? undefined : "changed";
}

/** A single value as people read it; empty ones are a dash. */
export function shown(value) {
  if (value === null || value === undefined) {
    return "–";
  }
  if (value === "") {
    return "“”";
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
