import type { Settlement } from "../../../sidecar/domain/delivery";
import type { Failure } from "../../../sidecar/domain/errors";

/** An outcome; the scene adds the claim it is about. */
export type Result = Omit<Settlement, "claims">;

function exchange(): Settlement["exchange"] {
  const now = new Date();
  return {
    startedAt: now,
    endedAt: now,
    request: "POST /companies",
    httpStatus: 201,
    mapping: "customer@1 > x.company@1",
  };
}

/** The vendor took it. */
export function delivered(id: number, externalId: string): Result {
  const link = { type: "company", externalId, url: `https://example.com/${externalId}`, fingerprint: "f1" };
  return { id, outcome: "delivered", exchange: exchange(), link };
}

/** It did not work; `failure` says in which way. */
export function failed(id: number, outcome: Settlement["outcome"], failure: Partial<Failure>): Result {
  const complete = {
    kind: "technical",
    code: "test",
    message: "It did not work.",
    hint: "Try again.",
    ...failure,
  } as const;
  return { id, outcome, exchange: exchange(), failure: complete };
}

/** The record in `lane` has to be there first. */
export function waiting(id: number, lane: string): Result {
  return { id, outcome: "waiting", exchange: null, waitFor: lane };
}
