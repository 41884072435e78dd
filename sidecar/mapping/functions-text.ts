import type { Json } from "../domain/json";
import { ValueFault } from "./fault";
import type { Argument, MappingFunction } from "./mapping-function";
import { LIMITS } from "./limits";

/** A text, from a text, number or boolean; anything else is a fault. */
export function textOf(value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new ValueFault("mapping_value_unusable", "a text is needed, but the value is a list or an object");
}

/** Refuses a text that would grow past the bound before it is built. */
export function bounded(length: number): void {
  if (length > LIMITS.textLength) {
    throw new ValueFault("mapping_output_too_large", `the text would be longer than ${LIMITS.textLength} characters`);
  }
}

const onText =
  (change: (text: string, args: readonly Argument[]) => string | null) =>
  (value: Json, args: readonly Argument[]): Json =>
    change(textOf(value), args);

// Text between these tags is layout, not content; a closing tag of a block ends a line.
const BLOCKS = new Set(["p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "table"]);
const SILENT = new Set(["script", "style", "head", "title"]);
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", " "],
]);

export const textFunctions: Record<string, MappingFunction> = {
  trim: { description: "Takes white space off both ends.", arguments: [], call: onText((text) => text.trim()) },
  lower: { description: "Lower case.", arguments: [], call: onText((text) => text.toLowerCase()) },
  upper: { description: "Upper case.", arguments: [], call: onText((text) => text.toUpperCase()) },
  string: {
    description: "The value as text: 42 becomes “42”, true “true”.",
    arguments: [],
    call: onText((text) => text),
  },
  prefix: {
    description: "Puts a text in front of the value.",
    arguments: [{ name: "text", type: "text" }],
    call: onText((text, args) => String(args[0]) + text),
  },
  suffix: {
    description: "Puts a text behind the value.",
    arguments: [{ name: "text", type: "text" }],
    call: onText((text, args) => text + String(args[0])),
  },
  truncate: {
    description: "Cuts the text to at most so many characters; never through a character outside the basic plane.",
    arguments: [{ name: "characters", type: "integer" }],
    call: onText((text, args) => cut(text, Number(args[0]))),
  },
  replaceText: {
    description: "Replaces every occurrence of a text, taken literally (never a pattern), by another.",
    arguments: [
      { name: "find", type: "text" },
      { name: "with", type: "text" },
    ],
    call: onText((text, args) => replaceLiterally(text, String(args[0]), String(args[1]))),
  },
  htmlToText: {
    description:
      "Takes the text out of HTML: tags go, paragraphs and line breaks become new lines, entities their signs.",
    arguments: [],
    call: onText(htmlToText),
  },
  textToHtml: {
    description: "Makes text safe inside HTML; new lines become <br>.",
    arguments: [],
    call: onText((text) => {
      const safe = text
        .replaceAll("&", "&amp;")
        .replaceAll("<", "&lt;")
        .replaceAll(">", "&gt;")
        .replaceAll('"', "&quot;");
      return safe.replaceAll("\n", "<br>");
    }),
  },
  urlHost: {
    description:
      "The host of a web address without www: “https://www.acme.example/en” becomes “acme.example”; empty for what is no web address.",
    arguments: [],
    call: (value) => urlHost(textOf(value)),
  },
  countryCode: {
    description: "A two-letter country code in upper case; anything else is a data failure.",
    arguments: [],
    call: onText((text) => {
      const code = text.trim().toUpperCase();
      if (!/^[A-Z]{2}$/.test(code))
        throw new ValueFault("mapping_value_unusable", `“${cut(text, 40)}” is not a country code`);
      return code;
    }),
  },
  givenName: {
    description: "The first word of a person's name; a one-word name has none.",
    arguments: [],
    call: (value) => nameParts(textOf(value)).given,
  },
  familyName: {
    description: "What follows the first word of a person's name; a one-word name is a family name.",
    arguments: [],
    call: (value) => nameParts(textOf(value)).family,
  },
  date: {
    description:
      "A date as YYYY-MM-DD, from a date or a date and time (UTC). An empty text is no value; anything else is a data failure.",
    arguments: [],
    call: onText((text) => (text === "" ? null : isoDate(text))),
  },
  datetime: {
    description: "A date and time as ISO 8601 in UTC; a date alone becomes its midnight. An empty text is no value.",
    arguments: [],
    call: onText((text) => (text === "" ? null : isoDateTime(text))),
  },
};

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = Math.max(0, length);
  const code = text.charCodeAt(end - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? end - 1 : end);
}

function replaceLiterally(text: string, find: string, replacement: string): string {
  if (find === "") return text;
  const parts = text.split(find);
  bounded(text.length + (parts.length - 1) * (replacement.length - find.length));
  return parts.join(replacement);
}

/** One pass, no patterns: hostile HTML costs no more than its length. */
function htmlToText(html: string): string {
  let out = "";
  let silent: string | undefined;
  for (let at = 0; at < html.length;) {
    const char = html[at] as string;
    if (char === "<") {
      const end = html.indexOf(">", at);
      if (end === -1) break;
      const tag = tagName(html, at + 1, end);
      if (silent !== undefined) {
        if (tag.closing && tag.name === silent) silent = undefined;
      } else if (!tag.closing && SILENT.has(tag.name)) silent = tag.name;
      else if (tag.name === "br" || (tag.closing && BLOCKS.has(tag.name))) out += "\n";
      at = end + 1;
      continue;
    }
    if (silent === undefined) {
      const entity = char === "&" ? readEntity(html, at) : undefined;
      out += entity?.text ?? char;
      at += entity?.length ?? 1;
    } else at += 1;
  }
  const lines = out.split("\n").map((line) => line.replace(/[ \t\r\u00a0]+/g, " ").trim());
  return lines
    .filter((line, index) => line !== "" || (index > 0 && lines[index - 1] !== ""))
    .join("\n")
    .trim();
}

function tagName(html: string, from: number, to: number): { name: string; closing: boolean } {
  const closing = html[from] === "/";
  const start = closing ? from + 1 : from;
  let end = start;
  while (end < to && end - start < 20 && /[a-zA-Z0-9]/.test(html[end] as string)) end += 1;
  return { name: html.slice(start, end).toLowerCase(), closing };
}

function readEntity(html: string, at: number): { text: string; length: number } | undefined {
  const end = html.indexOf(";", at);
  if (end === -1 || end - at > 10) return undefined;
  const name = html.slice(at + 1, end);
  const named = ENTITIES.get(name);
  if (named !== undefined) return { text: named, length: end - at + 1 };
  if (!name.startsWith("#")) return undefined;
  const code = /^#[xX][0-9a-fA-F]+$/.test(name)
    ? parseInt(name.slice(2), 16)
    : /^#\d+$/.test(name)
      ? Number(name.slice(1))
      : -1;
  if (code < 1 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return { text: String.fromCodePoint(code), length: end - at + 1 };
}

function urlHost(text: string): string | null {
  const address = text.includes("://") ? text.trim() : `https://${text.trim()}`;
  const host = URL.canParse(address) ? new URL(address).hostname : "";
  if (!host.includes(".")) return null;
  return host.startsWith("www.") ? host.slice(4) : host;
}

function nameParts(text: string): { given: string | null; family: string | null } {
  const words = text.trim().split(/\s+/);
  const given = words.length > 1 ? (words[0] ?? null) : null;
  const family = words.slice(given === null ? 0 : 1).join(" ");
  return { given, family: family === "" ? null : family };
}

const DATE = /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
/** What the snapshot holds: UTC with or without milliseconds. Told apart first, because Date costs ten times as much. */
const UTC = /^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{3})?Z$/;

function isoDate(text: string): string {
  const day = text.slice(0, 10);
  const match = DATE.exec(day);
  // The last day of a month is the day before the first of the next.
  const last =
    match === null
      ? 0
      : Number(match[3]) <= 28
        ? 31
        : new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate();
  if (match === null || Number(match[3]) > last) {
    throw new ValueFault("mapping_value_unusable", `“${cut(text, 40)}” is not a date`);
  }
  return day;
}

function isoDateTime(text: string): string {
  const day = isoDate(text);
  if (text.length === 10) return `${day}T00:00:00.000Z`;
  const utc = UTC.exec(text);
  if (utc !== null) return utc[1] === undefined ? `${text.slice(0, -1)}.000Z` : text;
  const parsed = new Date(text);
  if (Number.isNaN(parsed.getTime())) {
    throw new ValueFault("mapping_value_unusable", `“${cut(text, 40)}” is not a date and time`);
  }
  return parsed.toISOString();
}
