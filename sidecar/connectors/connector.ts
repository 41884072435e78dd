import type { Exchange } from "../domain/delivery";
import type { Failure } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import type { BucketUse } from "../domain/shared-state";
import type { Comparison } from "./read";
import type { RecordSource } from "./record-source";

/** One vendor document to bring about: what the pump hands to a connector. */
export interface DeliverInput {
  /** Canonical identifier, `res.partner,42`; what the vendor's record is found by. */
  key: string;
  /** Object type of the connector definition, `company`. */
  type: string;
  operation: "upsert" | "delete";
  /** Lower goes first where there is not room for all (`sidecar/domain/priority.ts`). */
  priority: number;
  /** The vendor document as the system's mapping made it; templates call it `doc`. Empty for a delete. */
  document: JsonObject;
  /** The vendor's id where a link exists. */
  externalId: string | null;
  /** What stands there is not what was last sent: the record came in, or changed there since. It may not carry our key, so it goes by its id. */
  changedThere?: boolean;
  /** True when an earlier try may have taken effect: look before creating. */
  verify: boolean;
  /** Derived from the business fact, the same for every try of this delivery. */
  idempotencyKey: string;
  /** With `verify`: since when an earlier try may have taken effect; null when that is not known. */
  firstAttemptAt: Date | null;
  /** With `verify`: until when an earlier try may have been sent. */
  lastAttemptAt: Date | null;
  /** W3C trace context, sent with every request. */
  traceparent: string;
}

export interface Delivered {
  ok: true;
  /** The vendor's id; empty when a delete found nothing to delete. */
  externalId: string;
  /** Where a person can open the record at the vendor; null when it cannot be told. */
  url: string | null;
  created: boolean;
  /** The remote record is gone. */
  removed?: boolean;
  /** Nothing had to be sent. */
  unchanged?: boolean;
  exchange: Exchange;
}

export interface Refused {
  ok: false;
  failure: Failure;
  /** Set when the record is known to exist although the delivery did not finish (a step after the create failed). */
  externalId?: string;
  exchange: Exchange;
}

export type DeliverResult = Delivered | Refused;

/** What health pages and metrics show of a connector. */
export interface ConnectorHealth {
  breaker: "closed" | "open" | "half-open";
  /** When calls resume by themselves, while the breaker is open. */
  retryAt: Date | null;
  /** Since when calls are stopped; null while the breaker is closed. */
  since: Date | null;
  /** What the system did last, in words; null while the breaker is closed. */
  reason: string | null;
}

/** One connected system. Every vendor looks like this to the pump (INT-05). */
export interface Connector {
  readonly code: string;
  /** How many requests may be in flight at once. */
  readonly concurrency: number;
  /** The most inputs any of its requests carries. */
  readonly largestBatch: number;
  /**
   * True where a record may be created of which nobody but a person can say, after a crash, whether it is there. Then one
   * delivery is in flight at a time: a crash leaves one question, not as many as fit into a claim.
   */
  readonly blind: boolean;
  /** The system as a source of records, for what comes in. */
  readonly source: RecordSource;
  /**
   * Delivers and answers in the same order. Never throws for what a vendor or the network does: that is a `Refused` with a
   * kind. At most `batchSize` inputs of one type and operation go in one request; more are split here.
   */
  deliver(inputs: DeliverInput[], signal: AbortSignal): Promise<DeliverResult[]>;
  /**
   * The record as the vendor holds it now, beside what this delivery would make of it; null where the definition does not
   * say how to read one. Changes nothing.
   * @throws HubError of any kind: what the vendor or the network did
   */
  compare(input: DeliverInput, signal: AbortSignal): Promise<Comparison | null>;
  /** How many inputs one request carries; 1 where the vendor has no batch for it. */
  batchSize(type: string, operation: DeliverInput["operation"]): number;
  /**
   * One cheap call that proves the base URL and the credentials.
   * @throws HubError of kind `credential` or `technical`
   */
  check(): Promise<void>;
  health(): ConnectorHealth;
  /** Its rate limits, and how much of each is used. */
  limits(): BucketUse[];
  close(): Promise<void>;
}

/** Where the present moment comes from; tests turn it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
