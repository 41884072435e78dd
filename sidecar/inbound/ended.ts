import type { FetchResult } from "../connectors";
import { toFailure, type Failure } from "../domain/errors";
import { outcomeOf, type ReceiveAnswer } from "./odoo-inbound";
import type { Prepared } from "./prepare";
import type { Ended, Work } from "./records";

const BACK_OFF_MS = { first: 1_000, most: 15 * 60_000 };
/** After a change of Odoo's reached the record: until the vendor shows it. */
const READ_AGAIN_MS = 2_000;

/** A record that Odoo is to be told of. */
export interface Ready {
  work: Work;
  prepared: Prepared;
  fetched: Extract<FetchResult, { found: unknown }> | null;
}

/** How work ended that Odoo was told of. */
export function settled({ work, prepared, fetched }: Ready, answer: ReceiveAnswer | undefined): Ended {
  if (!answer) return again(work, toFailure(new Error("Odoo answered nothing about an item")));
  if (answer.read_again) return { work, outcome: null, waitMs: READ_AGAIN_MS, errorCode: null };
  // The row itself could not be written: what Odoo said is the reason, and time may heal it.
  if (answer.state === "received") return again(work, toFailure(new Error(answer.error?.message ?? "not taken")));
  const outcome = outcomeOf(answer);
  const took = answer.state === "delivered";
  const ended: Ended = { work, outcome, waitMs: 0, errorCode: answer.error?.code ?? null };
  if (fetched && took) {
    const vendorTime = fetched.found?.time ?? null;
    const { fetchedAt, found } = fetched;
    ended.seen = { hash: prepared.hash, state: prepared.state, vendorTime, fetchedAt, gone: found === null };
  }
  return ended;
}

/** Work that needs nothing more. */
export function over(work: Work, outcome: string): Ended {
  return { work, outcome, waitMs: 0, errorCode: null };
}

/** Work that failed: it is done again, later each time. */
export function again(work: Work, failure: Failure): Ended {
  const grown = Math.min(BACK_OFF_MS.first * 2 ** Math.min(work.tries, 20), BACK_OFF_MS.most);
  const waitMs = Math.max(failure.retryAfterMs ?? 0, grown * (0.75 + Math.random() / 2));
  return { work, outcome: null, waitMs, errorCode: failure.code };
}
