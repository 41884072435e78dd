/**
 * The longest that a vendor's word keeps us waiting, in milliseconds: a day, in which every quota begins anew. What asks for more is a mistake
 * (a moment read as a span), and would stop a system for years; asked again after a day, a vendor that means it says it again.
 */
export const LONGEST_WAIT_MS = 24 * 3_600_000;

/**
 * Reads a Retry-After: whole or fractional seconds, or an HTTP date.
 * @returns milliseconds from `now`, 0 to `LONGEST_WAIT_MS`; null when the text is neither
 */
export function parseRetryAfter(text: string, now: Date): number | null {
  const trimmed = text.trim();
  const wait = /^\d+(\.\d+)?$/.test(trimmed) ? Math.ceil(Number(trimmed) * 1000) : Date.parse(trimmed) - now.getTime();
  return Number.isNaN(wait) ? null : boundedWait(wait);
}

/** As long as asked, from 0 to `LONGEST_WAIT_MS`. */
export function boundedWait(milliseconds: number): number {
  return Math.min(Math.max(0, milliseconds), LONGEST_WAIT_MS);
}
