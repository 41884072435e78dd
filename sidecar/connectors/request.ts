import { HubError, type Failure } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import { NO_QUERY, type Authenticator, type Signed } from "./auth";
import { VendorUnwell, type Breaker } from "./breaker";
import type { Clock } from "./connector";
import type { RequestDefinition } from "./definition";
import type { ExchangeLog } from "./exchange-log";
import { NoAnswer, type Http, type HttpAnswer, type HttpRequest } from "./http";
import type { RateLimiter } from "./limits";
import { unreadable, type Answer, type OutcomeRules } from "./outcome";
import type { RateFeedback } from "./rate-feedback";
import type { Slots } from "./slots";
import { compileTemplate, compileText, type Rendered, type Scope } from "./template";

/** A request of the definition, compiled. */
export interface CompiledRequest {
  method: string;
  base: string;
  path: Rendered<string>;
  query: [string, Rendered<Json | undefined>][];
  headers: [string, Rendered<Json | undefined>][];
  body: Rendered<Json | undefined> | null;
  encoding: "json" | "form";
  bucket: string;
  timeoutMs: number | null;
  repeatable: boolean;
  /** The answer is a file, not JSON. */
  file: boolean;
}

/**
 * @param repeatable what holds where the definition does not say: whether sending it twice is harmless
 */
export function compileRequest(request: RequestDefinition, repeatable: boolean): CompiledRequest {
  return {
    method: request.method,
    base: request.base ?? "",
    path: compileText(request.path, pathPart),
    query: Object.entries(request.query ?? {}).map(([name, value]) => [name, compileTemplate(value)]),
    headers: Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), compileTemplate(value)]),
    body: request.body === undefined ? null : compileTemplate(request.body),
    encoding: request.encoding ?? "json",
    bucket: request.bucket ?? "default",
    timeoutMs: request.timeoutMs ?? null,
    repeatable: request.repeatable ?? (request.method === "GET" || repeatable),
    file: request.answer === "file",
  };
}

/**
 * A value as part of a path. `.` and `..`, encoded or not, would lead to another address of the vendor's.
 * @throws HubError `path_value_unfit`
 */
function pathPart(value: string): string {
  if (value !== "." && value !== "..") return encodeURIComponent(value);
  throw new HubError({
    kind: "data",
    code: "path_value_unfit",
    message: `The request cannot be built: "${value}" is no id that can stand in an address.`,
    hint: "Correct the id on the record's link, or what the other system calls its record.",
  });
}

/** What travels with every call of one delivery. */
export interface CallContext {
  scope: Scope;
  signal: AbortSignal;
  traceparent: string;
  /** Lower goes first among those who wait for a place in a rate limit. */
  priority: number;
  log: ExchangeLog;
}

/** Changes a page's request needs: the next link as the vendor wrote it, or values added to query and body. */
export interface NextPage {
  link?: string;
  query?: Record<string, string>;
  body?: Record<string, Json>;
}

/** A request as the definition says, not another page of its answer. */
const NO_CHANGES: NextPage = {};

/** Sends the definition's requests: limits, breaker, sign-in, HTTP, and the meaning of the answer. */
export class Caller {
  /** Many vendors take every record of a type at one address: it is parsed once. */
  private lastUrl: { text: string; url: URL } = { text: "", url: new URL("http://none.invalid") };

  constructor(
    private readonly systemName: string,
    private readonly baseUrl: (base: string) => string,
    private readonly defaultHeaders: Record<string, string>,
    private readonly timeoutMs: number,
    private readonly http: Http,
    private readonly auth: Authenticator,
    private readonly slots: Slots,
    private readonly limiter: RateLimiter,
    private readonly feedback: RateFeedback,
    private readonly breaker: Breaker,
    private readonly rules: OutcomeRules,
    private readonly clock: Clock,
  ) {}

  /**
   * One call that has to succeed.
   * @throws HubError with the failure the answer means; an absent record is a failure here
   */
  async call(request: CompiledRequest, context: CallContext): Promise<Answer> {
    const first = await this.send(request, context, NO_CHANGES);
    const answer = first.status === 401 ? await this.renewed(request, context, NO_CHANGES, first) : first;
    const absent = this.absence(request, context, answer);
    if (absent) throw new HubError(absent);
    return answer;
  }

  /**
   * One call after which "there is no such record" is an answer too.
   * @throws HubError with the failure the answer means
   */
  async ask(
    request: CompiledRequest,
    context: CallContext,
    page: NextPage = NO_CHANGES,
  ): Promise<{ answer: Answer } | { absent: Failure }> {
    const first = await this.send(request, context, page);
    const answer = first.status === 401 ? await this.renewed(request, context, page, first) : first;
    const absent = this.absence(request, context, answer);
    return absent ? { absent } : { answer };
  }

  /** After a 401, one more try where new credentials were had. */
  private async renewed(
    request: CompiledRequest,
    context: CallContext,
    page: NextPage,
    first: Answer,
  ): Promise<Answer> {
    return (await this.auth.renew(context.signal)) ? this.send(request, context, page) : first;
  }

  /** Null when the answer is a success; what it says when there is no such record; throws every other failure. */
  private absence(request: CompiledRequest, context: CallContext, answer: Answer): Failure | null {
    const { scope } = context;
    const verdict = this.rules.judge(answer, { scope, repeatable: request.repeatable, now: this.clock.now() });
    if (verdict.is === "success") return null;
    this.feedback.refused(request.bucket, answer.status, verdict.failure.retryAfterMs);
    if (verdict.is === "absent") return verdict.failure;
    throw new HubError(verdict.failure);
  }

  // A record is a request of its own with most vendors, so from here on nothing is awaited, wrapped or copied that need not be:
  // each layer of promises costs a microsecond and half a kilobyte a delivery.
  private send(request: CompiledRequest, context: CallContext, page: NextPage): Promise<Answer> {
    return this.breaker.run((mayGo) => this.exchange(request, context, page, mayGo));
  }

  private async exchange(
    request: CompiledRequest,
    context: CallContext,
    page: NextPage,
    mayGo: () => void,
  ): Promise<Answer> {
    const asked = this.auth.sign(context.signal);
    const http = this.render(request, context, page, asked instanceof Promise ? await asked : asked);
    const turn = this.slots.take(context.priority);
    if (turn) await turn;
    let raw: HttpAnswer | undefined;
    try {
      // Waits for a place in the rate limit and sends at once. A place is good for a moment only: who comes too late takes another.
      while (!raw) {
        const taken = this.limiter.take(request.bucket, context.signal, context.priority);
        const place = taken instanceof Promise ? await taken : taken;
        mayGo();
        context.log.asked(request.method, http.url.pathname);
        try {
          raw = await this.http.send(http, context.signal, place);
        } catch (thrown) {
          if (!(thrown instanceof NoAnswer && thrown.code === "place_lost")) this.unanswered(thrown, request);
        }
      }
    } finally {
      this.slots.free();
    }
    context.log.answered(raw.status);
    const answer = this.read(raw, request);
    if (raw.status >= 500) throw new VendorUnwell(this.judged(answer, request, context));
    this.feedback.heard(answer.headers);
    return answer;
  }

  private render(request: CompiledRequest, context: CallContext, page: NextPage, signed: Signed): HttpRequest {
    const url =
      page.link === undefined
        ? this.urlOf(request, context.scope, signed, page)
        : this.linkedUrl(page.link, request, context.scope, signed);
    const headers = this.headersOf(request, context, signed);
    const body = bodyOf(request, context.scope, headers, page);
    const timeoutMs = request.timeoutMs ?? this.timeoutMs;
    return { method: request.method, url, headers, body, timeoutMs, bytes: request.file };
  }

  private judged(answer: Answer, request: CompiledRequest, context: CallContext): HubError {
    const { scope } = context;
    const verdict = this.rules.judge(answer, { scope, repeatable: request.repeatable, now: this.clock.now() });
    if (verdict.is === "success") return unreadable(this.systemName, answer.status, request.repeatable);
    this.feedback.refused(request.bucket, answer.status, verdict.failure.retryAfterMs);
    return new HubError(verdict.failure);
  }

  private unanswered(thrown: unknown, request: CompiledRequest): never {
    if (!(thrown instanceof NoAnswer)) throw thrown;
    const applied = thrown.sent && !request.repeatable;
    const failure = new HubError(
      {
        kind: applied ? "unknown" : "technical",
        code: thrown.code,
        message: thrown.message,
        hint: applied
          ? "Nothing to do: the record is looked up before anything is sent again."
          : "Nothing to do: it is sent again by itself.",
      },
      { cause: thrown },
    );
    if (thrown.code === "aborted") throw failure;
    throw new VendorUnwell(failure);
  }

  private read(raw: HttpAnswer, request: CompiledRequest): Answer {
    if (request.file && raw.status < 300) return { status: raw.status, headers: raw.headers, body: fileOf(raw) };
    const text = raw.text.trim();
    if (text === "") return { status: raw.status, headers: raw.headers, body: undefined };
    try {
      return { status: raw.status, headers: raw.headers, body: JSON.parse(text) as Json };
    } catch (cause) {
      // an error page still tells its status; a success in another format says nothing
      if (raw.status >= 300) return { status: raw.status, headers: raw.headers, body: undefined };
      throw new VendorUnwell(withCause(unreadable(this.systemName, raw.status, request.repeatable), cause));
    }
  }

  private urlOf(request: CompiledRequest, scope: Scope, signed: Signed, page: NextPage): URL {
    const text = this.baseUrl(request.base) + request.path(scope);
    const plain = request.query.length === 0 && signed.query === NO_QUERY && page.query === undefined;
    if (plain && this.lastUrl.text === text) return this.lastUrl.url;
    const url = new URL(text);
    if (plain) this.lastUrl = { text, url };
    for (const [name, render] of request.query) appendQuery(url, name, render(scope));
    for (const [name, value] of Object.entries({ ...signed.query, ...page.query })) url.searchParams.set(name, value);
    return url;
  }

  /** Where a next link leads, seen from the request's own address: some vendors leave out their host, and all leave out the sign-in. */
  private linkedUrl(link: string, request: CompiledRequest, scope: Scope, signed: Signed): URL {
    const own = this.urlOf(request, scope, signed, NO_CHANGES);
    if (!URL.canParse(link, own.href)) throw new HubError(unusableLink(this.systemName));
    const url = new URL(link, own.href);
    for (const [name, value] of Object.entries(signed.query)) url.searchParams.set(name, value);
    return url;
  }

  private headersOf(request: CompiledRequest, context: CallContext, signed: Signed): Record<string, string> {
    const headers: Record<string, string> = { ...this.defaultHeaders, ...signed.headers };
    if (context.traceparent !== "") headers["traceparent"] = context.traceparent;
    for (const [name, render] of request.headers) {
      const value = render(context.scope);
      if (value !== undefined && value !== null)
        headers[name] = typeof value === "string" ? value : JSON.stringify(value);
    }
    return headers;
  }
}

function unusableLink(systemName: string): Failure {
  return {
    kind: "data",
    code: "next_link_unusable",
    message: `${systemName} names a next page that is not an address.`,
    hint: "Compare pagination.from of the connector definition with the vendor's answer.",
    field: "pagination.from",
  };
}

/** A file as a template or mapping sees it. */
function fileOf({ text, headers }: HttpAnswer): JsonObject {
  const mimetype = (headers["content-type"] ?? "application/octet-stream").split(";")[0] ?? "";
  return { data: text, mimetype: mimetype.trim(), size: Buffer.byteLength(text, "base64") };
}

function appendQuery(url: URL, name: string, value: Json | undefined): void {
  if (value === undefined || value === null) return;
  for (const entry of Array.isArray(value) ? value : [value]) {
    url.searchParams.append(name, typeof entry === "object" ? JSON.stringify(entry) : String(entry));
  }
}

function bodyOf(
  request: CompiledRequest,
  scope: Scope,
  headers: Record<string, string>,
  page: NextPage,
): string | null {
  if (request.body === null) return null;
  const body = request.body(scope);
  const object = page.body === undefined ? body : { ...(body as JsonObject), ...page.body };
  if (request.encoding === "json") {
    headers["content-type"] ??= "application/json";
    return JSON.stringify(object);
  }
  headers["content-type"] ??= "application/x-www-form-urlencoded";
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(object as JsonObject)) {
    if (value !== null) form.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return form.toString();
}

function withCause(error: HubError, cause: unknown): HubError {
  return new HubError(error.failure, { cause });
}
