/** Turns the text of a placeholder into what a vendor's query language or path needs: `{doc.name|doubled}`. */
export type Filter = (text: string) => string;

/** The closed list. A vendor that needs another gets it here, with a test, for everyone. */
export const FILTERS = {
  /** Backslash before quotes and backslashes: JQL, SOQL. */
  escaped: (text: string) => text.replace(/["'\\]/g, "\\$&"),
  /** Single quotes doubled: OData, SQL-like queries. */
  doubled: (text: string) => text.replaceAll("'", "''"),
  lower: (text: string) => text.toLowerCase(),
  base64: (text: string) => Buffer.from(text, "utf8").toString("base64"),
  /** Letters, digits, dots, hyphens and underscores; every other character becomes a hyphen. */
  slug: (text: string) => text.replace(/[^A-Za-z0-9._-]/g, "-"),
} as const satisfies Record<string, Filter>;
