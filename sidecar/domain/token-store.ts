import type { JsonObject } from "./json";

/** What a connection signs in with from now on. */
export interface KeptTokens {
  refreshToken: string;
  accessToken: string;
  /** When the access token ends, in milliseconds since the epoch. */
  expiresAt: number;
  /** What else the vendor said with it: some name the address to call (`{token.instance_url}`). */
  answer: JsonObject;
}

/** Keeps what must survive a restart: vendors with rotating refresh tokens (Xero, Gusto) accept each of them once. */
export interface TokenStore {
  /**
   * Runs `work` while nobody else renews this connection's tokens, and keeps what it answers before anybody uses it. It
   * is given what was kept last: null at first, and after another refresh token was configured.
   */
  renew(configured: string, work: (kept: KeptTokens | null) => Promise<KeptTokens>): Promise<KeptTokens>;
}
