/**
 * What JSON.stringify writes for text that Postgres cannot store: zero bytes, and halves of characters beyond the basic plane. First an escaped
 * backslash, which may stand before letters that only look like one of those.
 */
const UNSTORABLE = /\\\\|\\u0000|\\ud[89a-f][0-9a-f]{2}/g;

/**
 * A value as JSON that Postgres takes, and Odoo with it. What vendors say may hold anything: zero bytes are left out, and half a character becomes
 * the sign for one that cannot be shown. A statement or call that carries one of them would be refused, as often as it is tried.
 */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!json.includes("\\u")) return json;
  return json.replace(UNSTORABLE, (found) => (found === "\\\\" ? found : found === "\\u0000" ? "" : "\ufffd"));
}

/** The same for a text that goes as it is. */
export function storableText(text: string): string {
  return text.replaceAll("\u0000", "").replace(/\p{Surrogate}/gu, "\ufffd");
}

/** A text of at most so many characters, with … where it was cut; never through a character beyond the basic plane. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
