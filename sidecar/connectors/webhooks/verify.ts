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

/** Answers null when the request is the vendor's. `items`: the parsed items of the body, for a token that stands in each. */
export type Verification = (request: RawRequest, now: number, items: readonly Json[]) => Refusal | null;

const MAX_AGE_MS = 300_000;

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
  const headers = [signature.header].flat().map((header) => header.toLowerCase());
  const signed = compileSigned(signature.signed ?? "{body}");
  return (request, now) => {
    if (keys.length === 0) return "secret_not_set";
    const given = headers.flatMap((header) => request.headers[header] ?? []);
    if (given.length === 0) return "signature_missing";
    const stamp = timestamp ? (request.headers[timestamp.header.toLowerCase()] ?? "") : "";
    if (timestamp && stamp === "") return "timestamp_missing";
    const text = signed(request, stamp);
    // No early end: every key is tried with every header, whatever matched before.
    let matches = false;
    for (const key of keys) {
      const code = createHmac(algorithm, key);
      for (const part of text) code.update(part);
      const wanted = prefix + code.digest(encoding);
      for (const one of given) matches = equal(encoding === "hex" ? one.toLowerCase() : one, wanted) || matches;
    }
    if (!matches) return "signature_wrong";
    return timestamp ? checkAge(timestamp, stamp, now) : null;
  };
}

function token(signature: TokenSignature, keys: readonly string[]): Verification {
  const header = signature.header?.toLowerCase();
  const steps = parsePath(signature.itemPath ?? "");
  return (request, _now, items) => {
    if (keys.length === 0) return "secret_not_set";
    const given =
      header === undefined ? items.map((item) => asText(readPath(item, steps))) : [request.headers[header] ?? null];
    if (given.length === 0 || given.some((one) => one === null || one === "")) return "signature_missing";
    return given.every((one) => isOneOf(one ?? "", keys)) ? null : "signature_wrong";
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
    return equal(given, wanted) ? null : "signature_wrong";
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
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

function keysOf(names: readonly string[], credentials: Readonly<Record<string, string>>): string[] {
  return names.flatMap((name) => (credentials[name] ? [credentials[name]] : []));
}

function isOneOf(given: string, keys: readonly string[]): boolean {
  let found = false;
  for (const key of keys) found = equal(given, key) || found;
  return found;
}

/** Hashes are compared, so neither time nor length tells anything. */
function equal(one: string, other: string): boolean {
  return timingSafeEqual(sha256(one), sha256(other));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
