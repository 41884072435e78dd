import type { Delivered } from "../connectors/connector";
import type { Exchange, Link, Outcome } from "../domain/delivery";
import type { Failure } from "../domain/errors";

/** How a delivery ended, before it is settled. */
export interface Ending {
  outcome: Outcome;
  exchange: Exchange | null;
  link?: Link & { removed?: boolean };
  failure?: Failure;
  waitFor?: string;
}

/** For an attempt that ended before anything was sent. */
export function withoutCall(startedAt: Date, mapping: string | null = null): Exchange {
  return { startedAt, endedAt: new Date(), request: null, httpStatus: null, mapping };
}

/** The link to forget with a record that is gone at the vendor; none where neither side knows its id. */
export function removedLink(
  type: string,
  known: Link | undefined,
  answer: Delivered,
): { link?: Link & { removed: boolean } } {
  const externalId = answer.externalId || known?.externalId;
  if (!externalId) return {};
  return { link: { type, externalId, url: null, fingerprint: null, removed: true } };
}
