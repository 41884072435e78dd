/** A vendor's moment: ISO 8601, or milliseconds since 1970; null for what is neither. */
export function momentOf(text: string | null): Date | null {
  if (text === null || text === "") return null;
  const at = new Date(/^\d+$/.test(text) ? Number(text) : text);
  return Number.isNaN(at.getTime()) ? null : at;
}
