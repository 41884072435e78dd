import { errors, Pool, type Dispatcher } from "undici";
import { HubError } from "../domain/errors";
import { hostAllowed } from "./egress";

/** One request as it goes out; everything is rendered. */
export interface HttpRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | null;
  timeoutMs: number;
  /** A successful answer is bytes, wanted in base64. */
  bytes?: boolean;
}

/** Asked as the first byte is about to be written, after a connection was made: not in time, and nothing is sent (`place_lost`). */
export interface Permit {
  inTime(): boolean;
}

export interface HttpAnswer {
  status: number;
  /** Lower-case names; repeated headers joined by a comma. */
  headers: Record<string, string>;
  text: string;
}

/** A request that got no usable answer. `sent` is false only when the vendor cannot have seen it. */
export class NoAnswer extends Error {
  constructor(
    readonly sent: boolean,
    readonly code: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Where a request goes; its host was found to be allowed. */
interface Target {
  pool: Pool;
  path: string;
}

/** Settings a test or a firm's network may need; TLS is verified unless a CA is given, never switched off. */
export interface HttpOptions {
  /** PEM certificates to trust besides the system's. */
  ca?: string;
  /** The one host (with port) that may be reached by plain http; every other only by https. Default: none. */
  plainHost?: string;
}

/** What no header can carry: line breaks, control characters and what is beyond Latin-1. */
const UNFIT_FOR_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

/** Whether the text can stand in a header. */
export function fitsHeader(value: string): boolean {
  return !UNFIT_FOR_HEADER.test(value);
}

/**
 * The connections of one connector: a pool per origin, each with as many connections as the vendor allows requests at once.
 * Redirects are not followed, answers have a largest size, and only the connection's own hosts are reached.
 */
export class Http {
  private readonly pools = new Map<string, Pool>();
  /** By URL object, which callers keep for an address they use often. */
  private readonly targets = new WeakMap<URL, Target>();

  constructor(
    private readonly systemName: string,
    private readonly allowedHosts: readonly string[],
    private readonly connections: number,
    private readonly maxResponseBytes: number,
    private readonly options: HttpOptions = {},
  ) {}

  /**
   * @throws NoAnswer when there is no complete answer
   * @throws HubError `egress_refused` when the host is not one of the connection's, or would be reached in plain text; `header_unfit`
   */
  send(request: HttpRequest, signal: AbortSignal, permit?: Permit): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      let target = this.targets.get(request.url);
      if (!target) this.targets.set(request.url, (target = this.targetOf(request.url)));
      if (signal.aborted)
        throw new NoAnswer(false, "aborted", "The request was not sent because the sidecar is stopping.");
      const { method, headers, body, timeoutMs } = request;
      // Found by undici, it would cost the pool a connection for good: after as many as there are, requests wait without end.
      for (const name in headers) if (!fitsHeader(headers[name] ?? "")) throw unfitHeader(name);
      const options = { method, path: target.path, headers, body, headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
      const failed = (thrown: unknown): void => reject(noAnswer(thrown, request.url.host));
      target.pool.dispatch(options, new Exchange(signal, request.bytes === true, permit, resolve, failed));
    });
  }

  private targetOf(url: URL): Target {
    if (!hostAllowed(url.host, this.allowedHosts))
      throw refused(
        url.host,
        `it is not a host of the ${this.systemName} connection.`,
        "If the vendor really uses this host, add it to the hosts of the connector definition.",
      );
    if (url.protocol !== "https:" && url.host !== this.options.plainHost)
      throw refused(
        url.host,
        "it would go in plain text.",
        "Have the vendor's next link or sign-in name an https address, or set base_url of this connection to the http one.",
      );
    return { pool: this.poolOf(url.origin), path: url.pathname + url.search };
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()));
    this.pools.clear();
  }

  private poolOf(origin: string): Pool {
    let pool = this.pools.get(origin);
    if (!pool) {
      pool = new Pool(origin, {
        connections: this.connections,
        pipelining: 1,
        maxResponseSize: this.maxResponseBytes,
        connect: { timeout: 10_000, ...(this.options.ca === undefined ? {} : { ca: this.options.ca }) },
      });
      this.pools.set(origin, pool);
    }
    return pool;
  }
}

/**
 * One request and its whole answer. undici's `dispatch` and not its `request`, whose answer is a stream: an answer that is read to its end
 * anyway needs none (measured: 28 µs instead of 34).
 */
class Exchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | null = null;
  private status = 0;
  private headers: Record<string, string> = {};
  private readonly chunks: Buffer[] = [];

  constructor(
    private readonly signal: AbortSignal,
    private readonly bytes: boolean,
    private readonly permit: Permit | undefined,
    private readonly answered: (answer: HttpAnswer) => void,
    private readonly failed: (thrown: unknown) => void,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const { signal } = this;
    if (signal.aborted) {
      controller.abort(reasonOf(signal));
      return;
    }
    // Thrown here, the request ends before anything is written, and the connection stays.
    if (this.permit?.inTime() === false)
      throw new NoAnswer(false, "place_lost", "The request was not sent: its place in the rate limit had passed.");
    this.controller = controller;
    underWay(signal).add(this);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    // 1xx: the answer itself follows
    if (status < 200) return;
    this.status = status;
    this.headers = flatten(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.forget();
    const { status, headers, chunks } = this;
    this.answered({ status, headers, text: this.bytes && status < 300 ? base64Of(chunks) : textOf(chunks) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.forget();
    this.failed(error);
  }

  stop(): void {
    this.controller?.abort(reasonOf(this.signal));
  }

  private forget(): void {
    if (this.controller) underWay(this.signal).delete(this);
  }
}

function refused(host: string, reason: string, hint: string): HubError {
  const message = `A request to ${host} was refused: ${reason}`;
  return new HubError({ kind: "policy", code: "egress_refused", message, hint, field: host });
}

function unfitHeader(name: string): HubError {
  return new HubError({
    kind: "data",
    code: "header_unfit",
    message: `The request cannot be sent: its header ${name} would hold a line break, or a character that headers cannot carry.`,
    hint: "Correct the value that the connector definition puts there.",
    field: name,
  });
}

type RawHeaders = Record<string, string | string[] | undefined>;

/** What to stop when a signal says so. One listener a signal: every request of a system listens to the same one. */
const exchanges = new WeakMap<AbortSignal, Set<Exchange>>();

function underWay(signal: AbortSignal): Set<Exchange> {
  const known = exchanges.get(signal);
  if (known) return known;
  const started = new Set<Exchange>();
  exchanges.set(signal, started);
  signal.addEventListener("abort", () => [...started].forEach((exchange) => exchange.stop()), { once: true });
  return started;
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException("This operation was aborted", "AbortError");
}

function base64Of(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("base64");
}

/** UTF-8 without the byte order mark that some servers put before their JSON. */
function textOf(chunks: readonly Buffer[]): string {
  const text = (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)).toString("utf8");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/** Failures in which no byte of the request can have reached the vendor. */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const TLS_REFUSED = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH)/;

function noAnswer(thrown: unknown, host: string): NoAnswer {
  if (thrown instanceof NoAnswer) return thrown;
  const code = codeOf(thrown);
  const options = { cause: thrown };
  if (TLS_REFUSED.test(code)) {
    return new NoAnswer(false, "tls_untrusted", `The certificate of ${host} is not trusted (${code}).`, options);
  }
  if (NEVER_SENT.has(code))
    return new NoAnswer(false, "unreachable", `${host} could not be reached (${code}).`, options);
  if (thrown instanceof errors.HeadersTimeoutError || thrown instanceof errors.BodyTimeoutError) {
    return new NoAnswer(true, "timeout", `${host} did not answer in time.`, options);
  }
  if (thrown instanceof errors.ResponseExceededMaxSizeError) {
    return new NoAnswer(
      true,
      "answer_too_large",
      `${host} answered with more than the largest accepted size.`,
      options,
    );
  }
  if (thrown instanceof Error && thrown.name === "AbortError") {
    return new NoAnswer(
      true,
      "aborted",
      `The request to ${host} was cut off because the sidecar is stopping.`,
      options,
    );
  }
  return new NoAnswer(
    true,
    "connection_lost",
    `The connection to ${host} broke before the answer was complete (${code}).`,
    options,
  );
}

function codeOf(thrown: unknown): string {
  const found = typeof thrown === "object" && thrown !== null ? (thrown as { code?: unknown }).code : undefined;
  return typeof found === "string" ? found : "no code";
}

function flatten(headers: RawHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  // undici has written the names in lower case already
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) flat[name] = typeof value === "string" ? value : value.join(", ");
  }
  return flat;
}
