import type { Outcome } from "../domain/delivery";
import { OUTCOME_UNKNOWN, WAITING_TO_SETTLE, type Failure } from "../domain/errors";

/** Failures that say "not sent, not now": no try was made, so none is counted. */
const NOT_SENT = new Set(["circuit_open", "rate_limit_wait"]);

/** Whether the system asks for patience without anything having been sent. */
export function notSent(failure: Failure): boolean {
  return failure.kind === "technical" && NOT_SENT.has(failure.code);
}

/** The error's kind decides what happens next (docs/architecture.md, "States"). */
export function outcomeOf(failure: Failure): Outcome {
  if (notSent(failure)) return "released";
  switch (failure.kind) {
    case "technical":
      return "retry";
    case "credential":
      // The system is paused; its deliveries wait unharmed.
      return "released";
    case "data":
    case "business":
    case "policy":
      return "held";
    case "unknown":
      if (failure.code === OUTCOME_UNKNOWN) return "held";
      // No try was made; a delivery that waited here for the vendor's search would keep others from going.
      return failure.code === WAITING_TO_SETTLE ? "released" : "unknown";
  }
}
