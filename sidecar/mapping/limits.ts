/** Bounds that keep a mapping, whoever wrote it, small in time and memory. */
export const LIMITS = {
  /** Bytes of one file of the pack, or characters of what is laid over it. */
  fileBytes: 1_000_000,
  /** Objects and lists inside each other in one file. */
  nesting: 64,
  /** Repetitions (`*`, `+`, `{2,}`) in one pattern of a schema. */
  patternRepeats: 5,
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
