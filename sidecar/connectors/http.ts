import { DecoratorHandler, errors, Pool, type Dispatcher } from "undici";
import { HubError } from "../domain/errors";
import { hostAllowed } from "./egress";

/** One request as it goes out; everything is rendered. */
export interface HttpRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | null;
  timeoutMs: number;
  /** Asked as the first byte is about to be written, after a connection was made: false, and nothing is sent (`place_lost`). */
  mayGo?: () => boolean;
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

/** Settings a test or a firm's network may need; TLS is verified unless a CA is given, never switched off. */
export interface HttpOptions {
  /** PEM certificates to trust besides the system's. */
  ca?: string;
}

/**
 * The connections of one connector: a pool per origin, each with as many connections as the vendor allows requests at once.
 * Redirects are not followed, answers have a largest size, and only the connection's own hosts are reached.
 */
export class Http {
  private readonly pools = new Map<string, Dispatcher>();

  constructor(
    private readonly systemName: string,
    private readonly allowedHosts: readonly string[],
    private readonly connections: number,
    private readonly maxResponseBytes: number,
    private readonly options: HttpOptions = {},
  ) {}

  /**
   * @throws NoAnswer when there is no complete answer
   * @throws HubError `egress_refused` when the host is not one of the connection's
   */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    if (!hostAllowed(request.url.host, this.allowedHosts)) {
      throw new HubError({
        kind: "policy",
        code: "egress_refused",
        message: `A request to ${request.url.host} was refused: it is not a host of the ${this.systemName} connection.`,
        hint: "If the vendor really uses this host, add it to the hosts of the connector definition.",
        field: request.url.host,
      });
    }
    if (signal.aborted)
      throw new NoAnswer(false, "aborted", "The request was not sent because the sidecar is stopping.");
    try {
      const answer = await this.poolOf(request.url.origin).request({
        method: request.method,
        path: request.url.pathname + request.url.search,
        headers: request.headers,
        body: request.body,
        headersTimeout: request.timeoutMs,
        bodyTimeout: request.timeoutMs,
        signal,
        ...(request.mayGo ? { opaque: request.mayGo } : {}),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, headers: flatten(answer.headers), text };
    } catch (thrown) {
      throw noAnswer(thrown, request.url.host);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()));
    this.pools.clear();
  }

  private poolOf(origin: string): Dispatcher {
    let pool = this.pools.get(origin);
    if (!pool) {
      pool = new Pool(origin, {
        connections: this.connections,
        pipelining: 1,
        maxResponseSize: this.maxResponseBytes,
        connect: { timeout: 10_000, ...(this.options.ca === undefined ? {} : { ca: this.options.ca }) },
      }).compose(askBeforeWriting);
      this.pools.set(origin, pool);
    }
    return pool;
  }
}

/** Asks a request's `mayGo`, which travels as `opaque`, when its turn on a connection has come. */
function askBeforeWriting(dispatch: Dispatcher["dispatch"]): Dispatcher["dispatch"] {
  return (options, handler) => {
    const { opaque } = options as { opaque?: unknown };
    if (typeof opaque !== "function") return dispatch(options, handler);
    return dispatch(options, new AskingHandler(handler, opaque as () => boolean));
  };
}

interface DecoratedHandler extends Omit<Dispatcher.DispatchHandler, "onRequestStart"> {
  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void;
}

/** undici's own type does not name the methods that its class has. */
const Decorator = DecoratorHandler as unknown as new (handler: Dispatcher.DispatchHandler) => DecoratedHandler;

class AskingHandler extends Decorator {
  constructor(
    handler: Dispatcher.DispatchHandler,
    private readonly mayGo: () => boolean,
  ) {
    super(handler);
  }

  override onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    // Thrown here, the request ends before anything is written, and the connection stays.
    if (!this.mayGo())
      throw new NoAnswer(false, "place_lost", "The request was not sent: its place in the rate limit had passed.");
    super.onRequestStart(controller, context);
  }
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

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}
