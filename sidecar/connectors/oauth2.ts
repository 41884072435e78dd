import { HubError } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import type { KeptTokens, TokenStore } from "../domain/token-store";
import type { Clock } from "./connector";
import type { OAuth2Definition } from "./definition";
import { NoAnswer, type Http } from "./http";
import { compileText, type Scope } from "./template";

type Token = Omit<KeptTokens, "refreshToken">;

interface Fetched extends Token {
  /** Null where the vendor gives no new one: the old one stays. */
  refreshToken: string | null;
}

/** How long a token is taken to last whose vendor does not say so in a number. */
const UNSAID_TERM_MS = 3_600_000;

/** An OAuth access token that is always fresh: kept until shortly before it ends, and fetched once however many ask. */
export class TokenSource {
  private token: Token | null = null;
  private fetching: Promise<Token> | null = null;
  /** The latest refresh token of this process; what is kept in the store is only older when it could not be written. */
  private unsaved: string | null = null;

  constructor(
    private readonly systemName: string,
    private readonly way: OAuth2Definition,
    private readonly scope: Scope,
    private readonly http: Http,
    private readonly clock: Clock,
    /** Null: tokens are kept in memory, and end with the process. */
    private readonly store: TokenStore | null,
  ) {}

  async current(signal: AbortSignal): Promise<Token> {
    return this.token && this.isFresh(this.token) ? this.token : this.renew(signal);
  }

  /** Fetches a new token; callers at the same moment share one request. */
  renew(signal: AbortSignal): Promise<Token> {
    this.fetching ??= this.renewOnce(signal).finally(() => (this.fetching = null));
    return this.fetching;
  }

  lastAnswer(): Json {
    return this.token?.answer ?? {};
  }

  private async renewOnce(signal: AbortSignal): Promise<Token> {
    if (this.way.grant !== "refresh_token") return (this.token = await this.fetch(null, signal));
    const configured = compileText(this.way.refreshToken ?? "")(this.scope);
    const work = async (kept: KeptTokens | null): Promise<KeptTokens> => {
      // Another sidecar has renewed it meanwhile.
      if (kept && this.unsaved === null && kept.accessToken !== this.token?.accessToken && this.isFresh(kept))
        return kept;
      const refreshToken = this.unsaved ?? kept?.refreshToken ?? configured;
      const fetched = await this.fetch(refreshToken, signal);
      this.unsaved = fetched.refreshToken ?? refreshToken;
      return { ...fetched, refreshToken: this.unsaved };
    };
    this.token = await (this.store ? this.store.renew(configured, work) : work(null));
    if (this.store) this.unsaved = null;
    return this.token;
  }

  private isFresh({ expiresAt }: Token): boolean {
    return expiresAt - (this.way.marginMs ?? 60_000) > this.clock.now().getTime();
  }

  private async fetch(refreshToken: string | null, signal: AbortSignal): Promise<Fetched> {
    const url = new URL(compileText(this.way.tokenUrl)(this.scope));
    const form = this.form(refreshToken);
    const headers: Record<string, string> = {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
    };
    const clientId = compileText(this.way.clientId)(this.scope);
    const clientSecret = compileText(this.way.clientSecret)(this.scope);
    if (this.way.clientAuth === "basic") {
      headers["authorization"] = `Basic ${Buffer.from(`${clientId}:${clientSecret}`, "utf8").toString("base64")}`;
    } else {
      form.set("client_id", clientId);
      form.set("client_secret", clientSecret);
    }
    const answer = await this.send(url, headers, form.toString(), signal);
    return this.read(answer);
  }

  private form(refreshToken: string | null): URLSearchParams {
    const form = new URLSearchParams({ grant_type: this.way.grant });
    for (const [name, value] of Object.entries(this.way.parameters ?? {}))
      form.set(name, compileText(value)(this.scope));
    if (refreshToken !== null) form.set("refresh_token", refreshToken);
    return form;
  }

  private async send(
    url: URL,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    let status: number;
    let text: string;
    try {
      ({ status, text } = await this.http.send({ method: "POST", url, headers, body, timeoutMs: 30_000 }, signal));
    } catch (thrown) {
      if (thrown instanceof NoAnswer) throw this.failure("technical", "token_unavailable", thrown.message, thrown);
      throw thrown;
    }
    if (status >= 500 || status === 429) {
      throw this.failure(
        "technical",
        "token_unavailable",
        `${this.systemName} answered ${status} to the request for a token.`,
      );
    }
    if (status >= 400) {
      throw this.failure("credential", "token_refused", `${this.systemName} refused to give a token (${status}).`);
    }
    try {
      const parsed = JSON.parse(text) as Json;
      if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
    } catch {
      // falls through: an answer that is not JSON is not a token
    }
    throw this.failure(
      "technical",
      "token_unreadable",
      `${this.systemName} answered the request for a token with something else.`,
    );
  }

  private read(answer: JsonObject): Fetched {
    const accessToken = answer["access_token"];
    if (typeof accessToken !== "string") {
      throw this.failure("credential", "token_refused", `${this.systemName} answered without a token.`);
    }
    const refreshToken = answer["refresh_token"];
    const seconds = Number(answer["expires_in"] ?? NaN);
    return {
      accessToken,
      expiresAt: this.clock.now().getTime() + (Number.isFinite(seconds) ? seconds * 1000 : UNSAID_TERM_MS),
      refreshToken: typeof refreshToken === "string" ? refreshToken : null,
      answer: Object.fromEntries(Object.entries(answer).filter(([name]) => !name.endsWith("_token"))),
    };
  }

  private failure(kind: "technical" | "credential", code: string, message: string, cause?: unknown): HubError {
    const hint =
      kind === "credential"
        ? "Authorise the connection again: client, secret or refresh token is no longer accepted."
        : "Nothing to do: it is tried again by itself.";
    return new HubError({ kind, code, message, hint }, { cause });
  }
}
