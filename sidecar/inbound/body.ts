import type { Json } from "../domain/json";

/** Deeper than any vendor nests, and shallow enough to walk. */
const MAX_DEPTH = 64;

/** A body as JSON; undefined for an empty one. Throws SyntaxError for what is not JSON in UTF-8, or is nested too deep. */
export function parseBody(body: Buffer): Json | undefined {
  if (body.length === 0) return undefined;
  const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  checkDepth(text);
  return JSON.parse(text) as Json;
}

/** Read from the text, before anything walks it: a parsed value of any depth cannot be walked without end of stack. */
function checkDepth(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character === "\\") at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{" || character === "[") {
      depth += 1;
      if (depth > MAX_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_DEPTH}`);
    } else if (character === "}" || character === "]") depth -= 1;
  }
}
