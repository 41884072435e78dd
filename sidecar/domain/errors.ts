/**
 * What went wrong decides what happens next (docs/architecture.md, "Kinds of failure"):
 *
 * - `technical`: time heals it. Retried with backoff; the circuit breaker counts it.
 * - `credential`: the connection is refused. The system is paused, its deliveries wait unharmed.
 * - `data`: the record, the mapping or a reference is incomplete. Held until somebody fixes it.
 * - `business`: a rule of the target or of Odoo says no. Held for the record's owner.
 * - `policy`: a rule of the hub says no (ownership, limits). Held for approval.
 * - `unknown`: the request may have taken effect. Looked up by its external key before anything is sent again; held for a
 *   person (`OUTCOME_UNKNOWN`) where the target offers no way to look.
 */
export const ERROR_KINDS = ["technical", "credential", "data", "business", "policy", "unknown"] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** The code of an unknown outcome that only a person can find out. */
export const OUTCOME_UNKNOWN = "outcome_unknown";

/** The code of an unknown outcome that cannot be looked up yet: the vendor's search is not up to date. */
export const WAITING_TO_SETTLE = "waiting_to_settle";

/** A failure as it is stored on the attempt, shown in Odoo and answered by the admin API. */
export interface Failure {
  kind: ErrorKind;
  /** Stable, lower-case, for filters and documentation: `mapping_required_missing`, `http_503`, … */
  code: string;
  /** What happened, in one sentence a project manager understands. Never a secret, never a stack trace. */
  message: string;
  /** What a person can do about it, in one sentence. */
  hint: string;
  /**
   * The place: a canonical field (`customer.name`), a vendor field, or a file and path. Never one record's id: failures of one kind, code and
   * place are one problem to the person who has to act.
   */
  field?: string;
  /** The earliest moment at which another try makes sense, in milliseconds from now (a vendor's Retry-After). */
  retryAfterMs?: number;
}

/** The error every stage of the sidecar throws; anything else that is thrown is a defect and is treated as `technical`. */
export class HubError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: { cause?: unknown }) {
    super(failure.message, options);
    this.name = "HubError";
    this.failure = failure;
  }

  get kind(): ErrorKind {
    return this.failure.kind;
  }

  get code(): string {
    return this.failure.code;
  }
}

export function isHubError(value: unknown): value is HubError {
  return value instanceof HubError;
}

/** Turns whatever was thrown into a failure; an unexpected error keeps its message but never its stack. */
export function toFailure(thrown: unknown): Failure {
  if (isHubError(thrown)) return thrown.failure;
  return {
    kind: "technical",
    code: "unexpected_error",
    message: thrown instanceof Error ? thrown.message : String(thrown),
    hint: "This is a defect in the hub: the log holds the details under the delivery's trace id.",
  };
}
