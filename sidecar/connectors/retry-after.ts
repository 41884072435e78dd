/**
 * Reads a Retry-After: whole or fractional seconds, or an HTTP date.
 * @returns milliseconds from `now`, at least 0; null when the text is neither
 */
export function parseRetryAfter(text: string, now: Date): number | null {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.ceil(Number(trimmed) * 1000);
  const at = Date.parse(trimmed);
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}
