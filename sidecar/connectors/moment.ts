/** A vendor's moment: ISO 8601, or milliseconds since 1970; null for what is neither, or lies outside the years 1 to 9999 that databases take. */
export function momentOf(text: string | null): Date | null {
  if (text === null || text === "") return null;
  const at = new Date(/^\d+$/.test(text) ? Number(text) : text);
  const year = at.getUTCFullYear();
  return year >= 1 && year <= 9999 ? at : null;
}
