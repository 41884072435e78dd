/** JSON as text with places: what stands where, what is wrong where, and what somebody is about to type. */

const WIDTH = 76;

/** The value as text: short lists and objects without further ones on one line, as the shipped files are written. */
export function formatJson(value, indent = "") {
  if (value === null || typeof value !== "object") {
    return JSON.stringify(value);
  }
  const items = Array.isArray(value) ? value : Object.values(value);
  const inner = `${indent}  `;
  if (!items.length) {
    return Array.isArray(value) ? "[]" : "{}";
  }
  if (indent && items.every(isFlat)) {
    const line = oneLine(value);
    if (indent.length + line.length <= WIDTH) {
      return line;
    }
  }
  const parts = Array.isArray(value)
    ? value.map((item) => inner + formatJson(item, inner))
    : Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${formatJson(item, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}

function isFlat(value) {
  if (value === null || typeof value !== "object") {
    return true;
  }
  const items = Array.isArray(value) ? value : Object.values(value);
  return items.every((item) => item === null || typeof item !== "object" || (Array.isArray(value) && isFlat(item)));
}

function oneLine(value) {
  if (value === null || typeof value !== "object") {
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(oneLine).join(", ")}]`;
  }
  const parts = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`);
  return parts.length ? `{ ${parts.join(", ")} }` : "{}";
}

class JsonError extends Error {
  constructor(code, offset) {
    super(code);
    this.code = code;
    this.offset = offset;
  }
}

/**
 * Reads JSON text. Answers `{value, offsets}`, offsets a map from each place (as JSON text of its list of keys) to where
 * it begins, or `{error: {code, offset}}` with one of the codes "end", "value", "text", "comma", "colon", "key",
 * "twice", "rest".
 */
export function readJson(text) {
  const reader = new Reader(text);
  try {
    const value = reader.value([]);
    reader.space();
    if (reader.at < text.length) {
      throw new JsonError("rest", reader.at);
    }
    return { value, offsets: reader.offsets };
  } catch (error) {
    if (!(error instanceof JsonError)) {
      throw error;
    }
    return { error: { code: error.code, offset: error.offset } };
  }
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.offsets = new Map();
  }

  space() {
    while (/\s/.test(this.text[this.at] || "")) {
      this.at += 1;
    }
  }

  value(place) {
    this.space();
    this.offsets.set(JSON.stringify(place), this.at);
    const char = this.text[this.at];
    if (char === undefined) {
      throw new JsonError("end", this.at);
    }
    if (char === "{") {
      return this.object(place);
    }
    if (char === "[") {
      return this.list(place);
    }
    if (char === '"') {
      return this.string();
    }
    const [word] =
      /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(this.text.slice(this.at, this.at + 40)) ||
      [];
    if (!word) {
      throw new JsonError("value", this.at);
    }
    this.at += word.length;
    return JSON.parse(word);
  }

  object(place) {
    const object = {};
    this.at += 1;
    this.space();
    if (this.text[this.at] === "}") {
      this.at += 1;
      return object;
    }
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') {
        throw new JsonError(this.at < this.text.length ? "key" : "end", this.at);
      }
      const start = this.at;
      const key = this.string();
      if (Object.hasOwn(object, key)) {
        throw new JsonError("twice", start);
      }
      this.space();
      if (this.text[this.at] !== ":") {
        throw new JsonError(this.at < this.text.length ? "colon" : "end", this.at);
      }
      this.at += 1;
      const inner = [...place, key];
      const value = this.value(inner);
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      // Where people look for a value is where its key stands.
      this.offsets.set(JSON.stringify(inner), start);
      if (this.next("}")) {
        return object;
      }
    }
  }

  list(place) {
    const list = [];
    this.at += 1;
    this.space();
    if (this.text[this.at] === "]") {
      this.at += 1;
      return list;
    }
    for (;;) {
      list.push(this.value([...place, list.length]));
      if (this.next("]")) {
        return list;
      }
    }
  }

  /** Passes a comma; true when the list or object is closed instead. */
  next(close) {
    this.space();
    const char = this.text[this.at];
    if (char !== "," && char !== close) {
      throw new JsonError(char === undefined ? "end" : "comma", this.at);
    }
    this.at += 1;
    return char === close;
  }

  string() {
    const start = this.at;
    this.at += 1;
    while (this.text[this.at] !== '"') {
      if (this.text[this.at] === undefined || this.text[this.at] === "\n") {
        throw new JsonError("text", start);
      }
      this.at += this.text[this.at] === "\\" ? 2 : 1;
    }
    this.at += 1;
    try {
      return JSON.parse(this.text.slice(start, this.at));
    } catch {
      throw new JsonError("text", start);
    }
  }
}

/** Row and column, both from 0, of an offset. */
export function positionAt(text, offset) {
  const before = text.slice(0, offset);
  const row = before.split("\n").length - 1;
  return { row, column: offset - (before.lastIndexOf("\n") + 1) };
}

/** Where a place begins; what is nearest above it when the text does not have it. */
export function offsetOf(offsets, place) {
  for (let end = place.length; end >= 0; end -= 1) {
    const offset = offsets.get(JSON.stringify(place.slice(0, end)));
    if (offset !== undefined) {
      return offset;
    }
  }
  return 0;
}

/**
 * What somebody types at an offset, in text that need not be complete: `{place, isKey, typed, start, quoted}`. `place`
 * is the value's, or for a key that of the object it is in; `typed` what is there so far, from `start` on.
 */
export function typedAt(text, offset) {
  const stack = [];
  let word = null;
  for (let at = 0; at < offset; at += 1) {
    const char = text[at];
    const top = stack.at(-1);
    if (char === '"') {
      let end = at + 1;
      while (end < offset && text[end] !== '"') {
        end += text[end] === "\\" ? 2 : 1;
      }
      if (end >= offset) {
        word = { start: at + 1, quoted: true };
        break;
      }
      if (top && !top.isList && top.awaitsKey) {
        top.key = text.slice(at + 1, end);
      }
      at = end;
    } else if (char === "{" || char === "[") {
      stack.push({ isList: char === "[", index: 0, key: null, awaitsKey: char === "{" });
    } else if (char === "}" || char === "]") {
      stack.pop();
    } else if (char === ":" && top) {
      top.awaitsKey = false;
    } else if (char === "," && top) {
      top.index += 1;
      top.awaitsKey = !top.isList;
    }
  }
  if (!word) {
    const [bare] = /[\w$.-]*$/.exec(text.slice(0, offset));
    word = { start: offset - bare.length, quoted: false };
  }
  const top = stack.at(-1);
  const isKey = Boolean(top && !top.isList && top.awaitsKey);
  const keys = stack.map((level) => (level.isList ? level.index : level.key));
  return { place: isKey ? keys.slice(0, -1) : keys, isKey, typed: text.slice(word.start, offset), ...word };
}
