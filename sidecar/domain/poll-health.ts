import type { Failure } from "./errors";

/** A list of a system in which changes are looked for, and whether it can be read. */
export interface PollHealth {
  /** The connector's type. */
  type: string;
  /** Business objects that it shows: `employee`. */
  objects: string[];
  lookedAt: Date | null;
  /** Why it cannot be read, and since when; null while it can. */
  failing: { since: Date; failure: Failure } | null;
}
