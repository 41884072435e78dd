import { createHmac } from "node:crypto";
import type { Signature } from "../../../../sidecar/connectors/webhooks/definition";

/** What a vendor signs: the address that it calls, the bytes of the body, and when (milliseconds). */
export interface Sent {
  url: string;
  body: Buffer;
  at: number;
}

/** How a vendor proves who it is, as its documentation says; `headers` is made here from those words, and not by our code. */
export interface Scheme {
  vendor: string;
  signature: Signature;
  headers: (key: string, sent: Sent) => Record<string, string>;
  /** Header that holds the proof, in the vendor's spelling. */
  proof: string;
  /** How old a call may be, in milliseconds; null: the vendor signs no moment. */
  window: number | null;
}

const code = (key: string, encoding: "hex" | "base64", ...parts: (string | Buffer)[]): string =>
  createHmac("sha256", key)
    .update(Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "utf8") : part))))
    .digest(encoding);
const iso = (at: number): string => new Date(at).toISOString();
const seconds = (at: number): string => String(Math.floor(at / 1_000));

function bamboohr(written: string, stamp: (at: number) => string): Scheme {
  return {
    vendor: `BambooHR, ${written}: body and the timestamp as it stands`,
    signature: {
      type: "hmac",
      header: "X-BambooHR-Signature",
      encoding: "hex",
      signed: "{body}{timestamp}",
      secrets: ["secret"],
      timestamp: { header: "X-BambooHR-Timestamp", unit: "any" },
    },
    headers: (key, { body, at }) => ({
      "X-BambooHR-Signature": code(key, "hex", body, stamp(at)),
      "X-BambooHR-Timestamp": stamp(at),
    }),
    proof: "X-BambooHR-Signature",
    window: 300_000,
  };
}

function overBody(vendor: string, proof: string, encoding: "hex" | "base64", prefix = ""): Scheme {
  return {
    vendor,
    signature: { type: "hmac", header: proof, encoding, secrets: ["secret"], ...(prefix === "" ? {} : { prefix }) },
    headers: (key, { body }) => ({ [proof]: prefix + code(key, encoding, body) }),
    proof,
    window: null,
  };
}

/** Every scheme with a code over the request that the vendors' facts list. */
export const SCHEMES: Scheme[] = [
  {
    vendor: "HubSpot v3: method, URL, body and milliseconds",
    signature: {
      type: "hmac",
      header: "X-HubSpot-Signature-v3",
      encoding: "base64",
      signed: ["{method}{url}{body}{timestamp}", "{method}{decodedUrl}{body}{timestamp}"],
      secrets: ["secret"],
      timestamp: { header: "X-HubSpot-Request-Timestamp", unit: "milliseconds" },
    },
    headers: (key, { url, body, at }) => ({
      "X-HubSpot-Signature-v3": code(key, "base64", "POST", url, body, String(at)),
      "X-HubSpot-Request-Timestamp": String(at),
    }),
    proof: "X-HubSpot-Signature-v3",
    window: 300_000,
  },
  {
    vendor: "DocuSign: body, one header for each key",
    signature: {
      type: "hmac",
      header: ["X-DocuSign-Signature-1", "X-DocuSign-Signature-2"],
      encoding: "base64",
      secrets: ["secret"],
    },
    headers: (key, { body }) => ({
      "X-DocuSign-Signature-1": code("the old key", "base64", body),
      "X-DocuSign-Signature-2": code(key, "base64", body),
    }),
    proof: "X-DocuSign-Signature-2",
    window: null,
  },
  overBody("Asana: body, in hex", "X-Hook-Signature", "hex"),
  overBody("Gusto: body, in hex", "X-Gusto-Signature", "hex"),
  overBody("Jira: body, with a prefix", "X-Hub-Signature", "hex", "sha256="),
  overBody("Xero: body, in base64", "x-xero-signature", "base64"),
  overBody("QuickBooks: body, in base64", "intuit-signature", "base64"),
  bamboohr("epoch seconds", seconds),
  bamboohr("epoch milliseconds", String),
  bamboohr("ISO 8601", iso),
  bamboohr("ISO 8601 with an offset", (at) => iso(at + 3_600_000).replace(/\.\d+Z$/, "+01:00")),
  {
    vendor: "Box: body and ISO 8601, two keys",
    signature: {
      type: "hmac",
      header: ["box-signature-primary", "box-signature-secondary"],
      encoding: "base64",
      signed: "{body}{timestamp}",
      secrets: ["other", "secret"],
      timestamp: { header: "box-delivery-timestamp", unit: "iso8601", maxAgeMs: 600_000 },
    },
    headers: (key, { body, at }) => ({
      "box-signature-secondary": code(key, "base64", body, iso(at)),
      "box-delivery-timestamp": iso(at),
    }),
    proof: "box-signature-secondary",
    window: 600_000,
  },
  {
    vendor: "Slack: version, seconds and body, with a prefix",
    signature: {
      type: "hmac",
      header: "X-Slack-Signature",
      encoding: "hex",
      prefix: "v0=",
      signed: "v0:{timestamp}:{body}",
      secrets: ["secret"],
      timestamp: { header: "X-Slack-Request-Timestamp", unit: "seconds" },
    },
    headers: (key, { body, at }) => ({
      "X-Slack-Signature": `v0=${code(key, "hex", "v0:", seconds(at), ":", body)}`,
      "X-Slack-Request-Timestamp": seconds(at),
    }),
    proof: "X-Slack-Signature",
    window: 300_000,
  },
  {
    vendor: "Zendesk: ISO 8601 and body",
    signature: {
      type: "hmac",
      header: "X-Zendesk-Webhook-Signature",
      encoding: "base64",
      signed: "{timestamp}{body}",
      secrets: ["secret"],
      timestamp: { header: "X-Zendesk-Webhook-Signature-Timestamp", unit: "iso8601" },
    },
    headers: (key, { body, at }) => ({
      "X-Zendesk-Webhook-Signature": code(key, "base64", iso(at), body),
      "X-Zendesk-Webhook-Signature-Timestamp": iso(at),
    }),
    proof: "X-Zendesk-Webhook-Signature",
    window: 300_000,
  },
];
