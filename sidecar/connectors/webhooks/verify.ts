import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Json } from "../../domain/json";
import { asText, parsePath, readPath } from "../json-path";
import type { BasicSignature, HmacSignature, Signature, Timestamp, TokenSignature } from "./definition";
import type { RawRequest } from "./raw-request";
import { compileSigned } from "./signed-text";

/** Why a request is refused. Said in our logs and never to the sender. */
export type Refusal =
  | "secret_not_set"
  | "signature_missing"
  | "signature_wrong"
  | "timestamp_missing"
  | "timestamp_unreadable"
  | "timestamp_stale";

/** Secrets that the vendor handed over, beside those of the configuration; `used` is told which of them fits. */
export interface HandedKeys {
  keys: readonly string[];
  used: (key: string) => void;
}

/** Answers null when the request is the vendor's. `items`: the parsed items of the body, for a token that stands in each. */
export type Verification = (
  request: RawRequest,
  now: number,
  items: readonly Json[],
  handed?: HandedKeys,
) => Refusal | null;

const MAX_AGE_MS = 300_000;
const NONE: HandedKeys = { keys: [], used: () => undefined };
const ISO_8601 = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Compiles a signature to a check. Secrets are read once; one that is not set is no key, and without any key every request is refused.
 * @param credentials the connection's credentials, by name
 */
export function compileVerification(signature: Signature, credentials: Readonly<Record<string, string>>): Verification {
  switch (signature.type) {
    case "hmac":
      return hmac(signature, keysOf(signature.secrets, credentials));
    case "token":
      return token(signature, keysOf(signature.secrets, credentials));
    case "basic":
      return basic(signature, credentials);
  }
}

function hmac(signature: HmacSignature, keys: readonly string[]): Verification {
  const { algorithm = "sha256", encoding, prefix = "", timestamp } = signature;
  // Hexadecimal is the same in upper case.
  const written = (code: string): string => (encoding === "hex" ? code.toLowerCase() : code);
  const headers = [signature.header].flat().map((header) => header.toLowerCase());
  const forms = [signature.signed ?? "{body}"].flat().map(compileSigned);
  return (request, now, _items, handed = NONE) => {
    const all = [...keys, ...handed.keys];
    if (all.length === 0) return "secret_not_set";
    const given = headers.flatMap((header) => request.headers[header] || []);
    if (given.length === 0) return "signature_missing";
    const stamp = timestamp ? (request.headers[timestamp.header.toLowerCase()] ?? "") : "";
    if (timestamp && stamp === "") return "timestamp_missing";
    // No early end: every key is tried with every header, whatever matched before.
    let match: string | null = null;
    for (const form of forms) {
      const text = form(request, stamp);
      for (const key of all) {
        const code = createHmac(algorithm, key);
        for (const part of text) code.update(part);
        const wanted = written(prefix + code.digest(encoding));
        for (const one of given) match = equal(written(one), wanted) ? key : match;
      }
    }
    if (match === null) return "signature_wrong";
    const refusal = timestamp ? checkAge(timestamp, stamp, now) : null;
    if (refusal === null) handed.used(match);
    return refusal;
  };
}

function token(signature: TokenSignature, keys: readonly string[]): Verification {
  const header = signature.header?.toLowerCase();
  const steps = parsePath(signature.itemPath ?? "");
  return (request, _now, items, handed = NONE) => {
    const all = [...keys, ...handed.keys];
    if (all.length === 0) return "secret_not_set";
    const given =
      header === undefined ? items.map((item) => asText(readPath(item, steps))) : [request.headers[header] ?? null];
    if (given.length === 0 || given.some((one) => one === null || one === "")) return "signature_missing";
    const matches = given.map((one) => oneOf(one ?? "", all));
    if (matches.includes(null)) return "signature_wrong";
    for (const match of matches) handed.used(match ?? "");
    return null;
  };
}

function basic({ username, password }: BasicSignature, credentials: Readonly<Record<string, string>>): Verification {
  const user = credentials[username] ?? "";
  const secret = credentials[password] ?? "";
  const wanted = `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`;
  return (request) => {
    if (user === "" || secret === "") return "secret_not_set";
    const given = request.headers["authorization"];
    if (given === undefined) return "signature_missing";
    // The scheme's name may be written in any case.
    return equal(given.replace(/^basic +/i, "Basic "), wanted) ? null : "signature_wrong";
  };
}

function checkAge({ unit, maxAgeMs = MAX_AGE_MS }: Timestamp, text: string, now: number): Refusal | null {
  const at = millisecondsOf(unit, text);
  if (at === null) return "timestamp_unreadable";
  return Math.abs(now - at) > maxAgeMs ? "timestamp_stale" : null;
}

function millisecondsOf(unit: Timestamp["unit"], text: string): number | null {
  const digits = /^\d{1,16}$/.test(text);
  const milliseconds = unit === "milliseconds" || (unit === "any" && text.length === 13);
  if (digits && unit !== "iso8601") return milliseconds ? Number(text) : Number(text) * 1000;
  if (digits || unit === "milliseconds" || unit === "seconds") return null;
  // Without a zone it is UTC, wherever we run.
  const at = ISO_8601.test(text) ? Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`) : NaN;
  return Number.isNaN(at) ? null : at;
}

function keysOf(names: readonly string[] = [], credentials: Readonly<Record<string, string>>): string[] {
  return names.flatMap((name) => (credentials[name] ? [credentials[name]] : []));
}

/** No early end: every key is compared. */
function oneOf(given: string, keys: readonly string[]): string | null {
  let found: string | null = null;
  for (const key of keys) found = equal(given, key) ? key : found;
  return found;
}

/** Hashes are compared, so neither time nor length tells anything. */
function equal(one: string, other: string): boolean {
  return timingSafeEqual(sha256(one), sha256(other));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
