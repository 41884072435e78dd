/** Bounds that keep a mapping, whoever wrote it, small in time and memory. */
export const LIMITS = {
  /** Lines of one mapping, nested ones included. */
  lines: 500,
  /** `each` inside `each`. */
  eachDepth: 4,
  /** Segments of one path. */
  pathSegments: 12,
  /** Conditions inside conditions. */
  conditionDepth: 8,
  /** Functions on one line. */
  functions: 12,
  /** Characters of one function argument. */
  argumentLength: 200,
  /** Values one run may write. */
  outputValues: 100_000,
  /** Characters of one text value. */
  textLength: 262_144,
} as const;
