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
  "refreshToken",
  "client_secret",
  "clientSecret",
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
  return pino(settings, options.destination ?? standardOutput());
}

/** Bytes of log that are written together, and how long a line waits for company at most. */
const TOGETHER_BYTES = 8_192;
const TOGETHER_MS = 250;

/**
 * Lines go out together: a write for each costs as much as making it (measured: 12 µs of an event). What waits is written when the process
 * ends by itself or says something fatal; a process that is killed loses at most a quarter of a second of its log. `flushSync` would also have
 * the disk confirm each time, and everything would stand still for that long (measured: 5 ms in every 250 where the log is a file).
 */
function standardOutput(): DestinationStream {
  const output = pino.destination({
    dest: 1,
    sync: true,
    minLength: TOGETHER_BYTES,
    periodicFlush: TOGETHER_MS,
  });
  process.once("exit", () => output.flushSync());
  return output;
}

/** Name, code and message of an error; the stack only for what nobody expected, since it names no data. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String((error as { message?: unknown } | null)?.message ?? error) };
  const { failure } = error as { failure?: { kind: string; code: string } };
  if (failure) return { name: error.name, kind: failure.kind, code: failure.code, message: error.message };
  return { name: error.name, message: error.message, stack: error.stack };
}
