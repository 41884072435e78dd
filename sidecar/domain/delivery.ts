import type { Failure } from "./errors";

/**
 * Life of a delivery. The queue contract in Odoo's database owns the transitions
 * (odoo_addon/integration_hub/sql); the sidecar only reports outcomes.
 */
export const DELIVERY_STATES = [
  "pending", // can be claimed
  "waiting", // behind an earlier delivery of its lane, or for another record's link
  "processing", // claimed under a lease
  "retry", // failed for a technical reason, goes again at next_attempt_at
  "unknown", // may have taken effect; is looked up before anything is sent
  "held", // a person has to act
  "dead", // technical retries are used up; a person has to act
  "delivered", // the target holds it
  "superseded", // a later state of the same record went instead
  "cancelled", // a person decided against it
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What happened to the record in Odoo. Archiving is an update whose payload says `active: false`. */
export type Operation = "create" | "write" | "archive" | "unarchive" | "unlink";

/** A record's identity in an external system. */
export interface Link {
  /** The connector's object type: `company`, `task`, … */
  type: string;
  externalId: string;
  url: string | null;
  /** Hash of the document last sent, for skipping what would change nothing; null when not known. */
  fingerprint: string | null;
}

/** One claimed delivery: everything needed to send it, read in the claim itself. */
export interface ClaimedDelivery {
  id: number;
  eventId: number;
  /** The record, as Odoo writes references: `res.partner,42`. With the system it is the lane. */
  lane: string;
  model: string;
  resId: number;
  operation: Operation;
  /** Business name of the event, for instance `customer.changed`. */
  eventType: string;
  /** Canonical object the event carries, for instance `customer`. */
  object: string;
  /** Snapshot taken in the user's transaction, as JSON text. */
  payload: string;
  companyId: number | null;
  /** Lower goes first; see `sidecar/domain/priority.ts`. */
  priority: number;
  /** Tries so far, this one included. */
  attempts: number;
  /** How often it was claimed, this time included. Settling names it, so that the outcome counts for this claim only. */
  claims: number;
  /** True when an earlier try may have taken effect: look up first, then link or send. */
  verify: boolean;
  /** True when a person asked for it to be sent again: do not skip it as unchanged. */
  forced: boolean;
  /** With `verify`: since when an earlier try may have taken effect; null when that is not known. A vendor remembers our key from here. */
  firstAttemptAt: Date | null;
  /** With `verify`: until when an earlier try may have been sent. A look-up waits from here for the vendor's settle time. */
  lastAttemptAt: Date | null;
  occurredAt: Date;
  /** W3C trace context given by Odoo; travels to the vendor and back into the attempt. */
  traceparent: string;
  /** The record's links in this system, one per connector object type. */
  links: Link[];
  /** The release whose mappings it goes with; 0: the shipped ones. */
  release: number;
}

/** What is known of the exchange with the vendor, for the attempt row. */
export interface Exchange {
  startedAt: Date;
  endedAt: Date;
  /** Method and path without query values or secrets, `POST /crm/v3/objects/companies/batch/upsert`. */
  request: string | null;
  httpStatus: number | null;
  /** Mappings and versions used, `customer@1 > hubspot.company@1`. */
  mapping: string | null;
}

/**
 * How one claimed delivery ended; `settle` turns it into the next state.
 *
 * - `delivered`: the target holds it; `link` is stored in the same transaction.
 * - `unchanged`: nothing had to be sent (same document as last time, or a delete of what never arrived).
 * - `applied`: the target holds it and the link must be kept, but the delivery stays claimed (a write-back follows).
 * - `retry`: technical; the queue computes the next try from `attempts`, or uses `failure.retryAfterMs`;
 *   after the system's last try it becomes `dead`.
 * - `held`: data, business or policy; a person has to act.
 * - `unknown`: may have taken effect; comes back with `verify` after `failure.retryAfterMs`.
 * - `waiting`: needs the link of another record first; comes back when that link is stored.
 * - `released`: handed back untouched (shutdown, paused system, a look-up that comes too early); does not count as a try.
 *   With an unknown outcome it comes back after `failure.retryAfterMs`, without one at once.
 */
export type Outcome = "delivered" | "unchanged" | "applied" | "retry" | "held" | "unknown" | "waiting" | "released";

export interface Settlement {
  id: number;
  /** The claim's `claims`. */
  claims: number;
  outcome: Outcome;
  exchange: Exchange | null;
  link?: Link & { /** the remote record is gone */ removed?: boolean };
  failure?: Failure;
  /** For `waiting`, and for a `held` missing reference: the lane whose link is needed. */
  waitFor?: string;
}
