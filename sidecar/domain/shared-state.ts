/** At most `requests` within any span of `perMs`. */
export interface Bucket {
  requests: number;
  perMs: number;
}

/** How many places of a bucket were given, and when it is worth asking again where they were fewer than asked for. */
export interface Taken {
  granted: number;
  waitMs: number;
}

/** A bucket's use as people see it. */
export interface BucketUse {
  bucket: string;
  requests: number;
  perMs: number;
  /** Places that count towards the window now. */
  used: number;
  /** No place before this moment: the bucket is used up, or the vendor said stop; null when there is one now. */
  waitsUntil: Date | null;
}

/** What is known of a system's circuit; times from now. */
export interface CircuitStanding {
  failures: number;
  /** Set while calls are stopped. */
  open: { since: Date; retryMs: number; reason: string } | null;
}

/** When calls to an unwell system stop and are tried again. */
export interface CircuitPolicy {
  /** Failures in a row that stop calls. */
  failures: number;
  /** Milliseconds until one call is let through to see. */
  halfOpenAfterMs: number;
}

/**
 * What sidecars know together (D14): places in rate limits and open circuits. Times are the store's; none of the methods
 * throws: null says that the store does not answer, and then every sidecar goes on alone until it does (`up`).
 */
export interface SharedState {
  /** False while the store does not answer. */
  readonly up: boolean;
  /** Sidecars that were alive when the store last answered, this one included. */
  readonly members: number;
  /** Asks for `count` places, which count for `perMs` after `termMs` from now. Lowest priority number first. */
  take(
    system: string,
    bucket: string,
    limit: Bucket,
    ask: { count: number; priority: number; termMs: number },
  ): Promise<Taken | null>;
  /** Counts what was used while the store did not answer. */
  spent(system: string, bucket: string, limit: Bucket, count: number): Promise<void>;
  /** Nothing of this bucket goes for so long, from any sidecar. */
  pause(system: string, bucket: string, ms: number): void;
  /** Use of a bucket by all sidecars, as last heard; null when nothing was heard. */
  use(system: string, bucket: string): { used: number; waitsUntil: Date | null } | null;
  /** The circuit as last heard. */
  circuit(system: string): CircuitStanding;
  /** Counts a failure, or ends a failed probe; the circuit as it is then. */
  circuitFailed(system: string, policy: CircuitPolicy, reason: string, probe: boolean): Promise<CircuitStanding | null>;
  /** Closes the circuit after a good probe, or forgets failures counted while it was closed. */
  circuitSucceeded(system: string, probe: boolean): Promise<void>;
  /** `yes` for exactly one sidecar until it answers or `holdMs` have passed; `closed` when there is nothing to probe any more. */
  circuitProbe(system: string, holdMs: number): Promise<"yes" | "no" | "closed" | null>;
  /** Gives a probe back that never reached the vendor. */
  circuitProbeUnused(system: string): Promise<void>;
  /** Called once the store answers again, before anything is asked of it. */
  onRecovery(work: () => Promise<void>): void;
}
