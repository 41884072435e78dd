import type { Json } from "../domain/json";
import type { Extract } from "./definition";
import { asText, parsePath, readPath } from "./json-path";

/** What is looked at: an answer's body and headers, or one record of it (no headers). */
export interface Evidence {
  body: Json | undefined;
  headers: Record<string, string>;
}

export type Extractor = (from: Evidence) => string | null;

/** Compiles one extract. */
export function compileExtract(extract: Extract): Extractor {
  if (typeof extract === "string") return compileExtract({ path: extract });
  const steps = parsePath(extract.path ?? "");
  const header = extract.header?.toLowerCase();
  const read: Extractor =
    header === undefined ? (from) => asText(readPath(from.body, steps)) : (from) => from.headers[header] ?? null;
  if (extract.pattern === undefined) return read;
  const capture = compilePattern(extract.pattern);
  return (from) => {
    const text = read(from);
    return text === null ? null : capture(text);
  };
}

/** The first extract that yields a text which is not empty. */
export function compileFirst(extracts: Extract | readonly Extract[] | undefined): Extractor {
  const list =
    extracts === undefined ? [] : Array.isArray(extracts) ? (extracts as readonly Extract[]) : [extracts as Extract];
  const extractors = list.map(compileExtract);
  return (from) => {
    for (const extractor of extractors) {
      const text = extractor(from);
      if (text !== null && text !== "") return text;
    }
    return null;
  };
}

/**
 * A pattern is literal text with `*` for anything and exactly one `{name}` for the value wanted: `Location: *employees/{id}`.
 * Read by looking for the literals from left to right, so its cost is linear; no regular expression comes from data.
 * A value at the end of a pattern holds none of `/ ? # &`, so that the rest of a URL never becomes part of an id.
 */
export function compilePattern(pattern: string): (text: string) => string | null {
  const tokens = pattern.split(/(\*|\{[A-Za-z]+\})/).filter((token) => token !== "");
  const captures = tokens.filter((token) => token.startsWith("{"));
  if (captures.length !== 1) throw new Error(`The pattern "${pattern}" needs exactly one {capture}.`);
  return (text) => matchTokens(tokens, text);
}

function matchTokens(tokens: readonly string[], text: string): string | null {
  let at = 0;
  let open: "capture" | "any" | null = null;
  let captured: string | null = null;
  for (const [index, token] of tokens.entries()) {
    if (token === "*") {
      open ??= "any";
      continue;
    }
    if (token.startsWith("{")) {
      open = "capture";
      continue;
    }
    // the last literal before a capture is looked for from the right, so that `*/employees/{id}` finds the last one
    const last = open === "any" && tokens[index + 1]?.startsWith("{") === true;
    const found: number =
      open === null ? (text.startsWith(token, at) ? at : -1) : last ? text.lastIndexOf(token) : text.indexOf(token, at);
    if (found < at) return null;
    if (open === "capture") captured = text.slice(at, found);
    at = found + token.length;
    open = null;
  }
  if (open === "capture") return /[/?#&]/.test(text.slice(at)) ? null : text.slice(at);
  if (open === null && at !== text.length) return null;
  return captured;
}
