import type { Condition, Extract } from "../definition";

/*
 * The `webhooks` part of `connector.json`: what a vendor posts to us, as data. A webhook is a hint only: it is verified, split into notices and
 * kept; what counts is the record that is fetched afterwards.
 */

/** A code over the request, made with a secret that both sides know. */
export interface HmacSignature {
  type: "hmac";
  /** Where it stands. Several headers: one for each active key of the vendor; any may match. */
  header: string | string[];
  /** Default: sha256. */
  algorithm?: "sha256" | "sha512" | "sha1";
  encoding: "hex" | "base64";
  /** Stands before the code in the header (`sha256=`, `v0=`). Default: nothing. */
  prefix?: string;
  /**
   * What is signed, of `{method}`, `{url}`, `{decodedUrl}`, `{body}`, `{timestamp}` and literal text: `v0:{timestamp}:{body}`. Several: any may
   * match. Default: `{body}`.
   */
  signed?: string | string[];
  /** Names of credentials. Each that is set is an active key, so that one can be replaced without a gap. Default: none, where a handshake keeps secrets. */
  secrets?: string[];
  timestamp?: Timestamp;
}

/** The secret itself in a header. It says who sends, and protects nothing of the body. */
export interface TokenSignature {
  type: "token";
  header?: string;
  /** Instead of a header: where it stands in each item of the body. */
  itemPath?: string;
  secrets?: string[];
}

/** User name and password, as HTTP's own scheme. */
export interface BasicSignature {
  type: "basic";
  username: string;
  password: string;
}

export type Signature = HmacSignature | TokenSignature | BasicSignature;

export interface Timestamp {
  header: string;
  /** `any` takes seconds, milliseconds (by their 13 digits) and ISO 8601. */
  unit: "milliseconds" | "seconds" | "iso8601" | "any";
  /** Older than this, or further in the future, is refused. Default: 300000. */
  maxAgeMs?: number;
}

/** A question that a vendor asks before it sends. */
export interface Handshake {
  /** Which requests ask it. */
  when: Condition;
  /** `false`: the vendor does not sign this one. Default: true. */
  signed?: boolean;
  /**
   * `true`: the value is the secret with which the vendor signs from now on. It is taken and kept only while a person has opened a window for it
   * (`sidecar/store/handed-secrets.ts`), and refused otherwise. Default: false.
   */
  keep?: boolean;
  /** What goes back: taken from the query (`{ "query": "validationToken" }`), a header or the body. */
  value: { query: string } | Extract;
  /** `text`: the value alone; `json`: `{"<key>": value}`; `header`: in the header `key`, with an empty body; `nothing`: a bare 200. */
  as: "text" | "json" | "header" | "nothing";
  key?: string;
}

/** What one item of a body says. */
export interface NoticeDefinition {
  /**
   * Path of the list that holds the items; `""` where the body itself is the list. Left out: the body is one item. A list of paths, for a vendor
   * with several forms: the first that leads to a list; where none does, the body is one item.
   */
  each?: string | string[];
  /** Items that do not pass are counted and left alone. */
  when?: Condition;
  /** Names the notice, so that one sent twice is known. Left out: the item's own text does. */
  id?: Extract[];
  /** The vendor's name of what happened: the first extract that yields one. Or what `join` yields, with dots between: `task.changed`. */
  event: Extract | Extract[] | { join: Extract[] };
  /** By event: which object it is about and what happened to it. `*` at the end of a name stands for any rest. */
  events: Record<string, { object: string; change: "changed" | "deleted" | "merged" }>;
  /** The record's id in the vendor's system. */
  externalId: Extract | Extract[];
  /** When it happened; milliseconds since 1970 or ISO 8601. */
  occurredAt?: Extract;
}

export interface WebhooksDefinition {
  signature: Signature;
  handshakes?: Handshake[];
  notices: NoticeDefinition;
  /** Status of a taken request. Default: 200. */
  status?: 200 | 202 | 204;
}
