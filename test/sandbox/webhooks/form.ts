import type { RecordChange, StoredRecord } from "../store";

/** A change that a vendor tells of. */
export interface Told extends RecordChange {
  type: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Of a merge: the records that went into this one. */
  merged?: string[];
}

/** One request as it would go out: its body as text, and the headers without the signature. */
export interface Message {
  /** The vendor's name of what happened. */
  event: string;
  body: unknown;
  headers?: Record<string, string>;
}

/** What one subscription is about, where a vendor has more than one. */
export interface About {
  /** `workspace`, or the record's type. */
  type: string;
  id: string;
}

/** How one vendor words and signs what it posts; written from its documentation, apart from the definitions under test. */
export interface WebhookForm {
  /** One message, or none where the vendor does not tell of such a change. */
  messages(told: Told): Message[];
  /** Headers that prove the sender, for this body at this moment. */
  sign(body: string, url: string, secret: string, at: number): Record<string, string>;
  /** Whether a subscription tells of this record. Absent: of all. */
  tellsOf?(about: About, type: string, record: StoredRecord): boolean;
}
