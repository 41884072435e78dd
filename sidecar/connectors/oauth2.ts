import { HubError } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import type { Clock } from "./connector";
import type { OAuth2Definition } from "./definition";
import { NoAnswer, type Http } from "./http";
import { compileText, type Scope } from "./template";

/** What must survive a restart: vendors with rotating refresh tokens (Xero, Gusto) accept each of them once. */
export interface TokenStore {
  load(): Promise<{ refreshToken: string } | null>;
  save(tokens: { refreshToken: string }): Promise<void>;
}

interface Token {
  accessToken: string;
  expiresAt: number;
}

/** An OAuth access token that is always fresh: kept until shortly before it ends, and fetched once however many ask. */
export class TokenSource {
  private token: Token | null = null;
  private fetching: Promise<Token> | null = null;
  private rotated: string | null = null;
  private answer: Json = {};

  constructor(
    private readonly systemName: string,
    private readonly way: OAuth2Definition,
    private readonly scope: Scope,
    private readonly http: Http,
    private readonly clock: Clock,
    private readonly store: TokenStore | null,
  ) {}

  async current(signal: AbortSignal): Promise<Token> {
    const margin = this.way.marginMs ?? 60_000;
    if (this.token && this.token.expiresAt - margin > this.clock.now().getTime()) return this.token;
    return this.renew(signal);
  }

  /** Fetches a new token; callers at the same moment share one request. */
  renew(signal: AbortSignal): Promise<Token> {
    this.fetching ??= this.fetch(signal).finally(() => (this.fetching = null));
    return this.fetching;
  }

  lastAnswer(): Json {
    return this.answer;
  }

  private async fetch(signal: AbortSignal): Promise<Token> {
    const url = new URL(compileText(this.way.tokenUrl)(this.scope));
    const form = await this.form();
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
    return this.keep(answer);
  }

  private async form(): Promise<URLSearchParams> {
    const form = new URLSearchParams({ grant_type: this.way.grant });
    for (const [name, value] of Object.entries(this.way.parameters ?? {}))
      form.set(name, compileText(value)(this.scope));
    if (this.way.grant === "refresh_token") {
      this.rotated ??= (await this.store?.load())?.refreshToken ?? null;
      form.set("refresh_token", this.rotated ?? compileText(this.way.refreshToken ?? "")(this.scope));
    }
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

  private async keep(answer: JsonObject): Promise<Token> {
    const accessToken = answer["access_token"];
    if (typeof accessToken !== "string") {
      throw this.failure("credential", "token_refused", `${this.systemName} answered without a token.`);
    }
    const refreshToken = answer["refresh_token"];
    if (typeof refreshToken === "string" && this.way.grant === "refresh_token") {
      // stored before the access token is used: losing a rotated one would lock the connection out
      await this.store?.save({ refreshToken });
      this.rotated = refreshToken;
    }
    const seconds = Number(answer["expires_in"] ?? 3600);
    this.answer = Object.fromEntries(Object.entries(answer).filter(([name]) => !name.endsWith("_token")));
    this.token = { accessToken, expiresAt: this.clock.now().getTime() + seconds * 1000 };
    return this.token;
  }

  private failure(kind: "technical" | "credential", code: string, message: string, cause?: unknown): HubError {
    const hint =
      kind === "credential"
        ? "Authorise the connection again: client, secret or refresh token is no longer accepted."
        : "Nothing to do: it is tried again by itself.";
    return new HubError({ kind, code, message, hint }, { cause });
  }
}
