import { pino, type DestinationStream, type Logger } from "pino";

/**
 * Names whose values never reach a log line, at any of the first three levels of a logged object. What identifies a
 * person or opens a door is cut; ids, codes and hashes stay, because they are what a search needs.
 */
const SECRET_NAMES = [
  "authorization",
  "Authorization",
  "cookie",
  "set-cookie",
  "api_key",
  "apiKey",
  "access_token",
  "accessToken",
  "refresh_token",
  "token",
  "password",
  "secret",
  "credentials",
  "connectionString",
  "queueUrl",
];
const PERSONAL_NAMES = [
  "payload",
  "document",
  "canonical",
  "email",
  "phone",
  "mobile",
  "res_name",
  "firstName",
  "lastName",
  "birthday",
  "street",
  "iban",
];

export const REDACTED_NAMES: readonly string[] = [...SECRET_NAMES, ...PERSONAL_NAMES];

const REDACTED = REDACTED_NAMES.flatMap((name) =>
  ["", "*.", "*.*."].map((prefix) => (name.includes("-") ? `${prefix.slice(0, -1)}["${name}"]` : `${prefix}${name}`)),
);

export interface LogOptions {
  /** trace, debug, info, warn, error, fatal or silent */
  level: string;
  /** Where lines go. Default: standard output, one JSON object a line. */
  destination?: DestinationStream;
}

/** The hub's log: JSON lines with stable names, secrets and personal values cut out. */
export function createLog(options: LogOptions): Logger {
  const settings = {
    level: options.level,
    base: { service: "integration-hub" },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: "[cut]" },
    serializers: { err: describeError },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

/** Name, code and message of an error; the stack only for what nobody expected, since it names no data. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String((error as { message?: unknown } | null)?.message ?? error) };
  const { failure } = error as { failure?: { kind: string; code: string } };
  if (failure) return { name: error.name, kind: failure.kind, code: failure.code, message: error.message };
  return { name: error.name, message: error.message, stack: error.stack };
}
