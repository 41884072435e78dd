import { HubError } from "../domain/errors";
import type { Json } from "../domain/json";
import type { AuthDefinition } from "./definition";
import { fitsHeader } from "./http";
import type { TokenSource } from "./oauth2";
import { compileText, placeholdersOf, type Scope } from "./template";

/** What signing in adds to a request. */
export interface Signed {
  headers: Record<string, string>;
  query: Readonly<Record<string, string>>;
}

/** Signing in by headers alone. */
export const NO_QUERY: Readonly<Record<string, string>> = {};

export interface Authenticator {
  /** Headers and query values for the next request; at once where they do not change. @throws HubError of kind `credential` or `technical` */
  sign(signal: AbortSignal): Signed | Promise<Signed>;
  /** After a 401: true when new credentials were had, so that one more try makes sense. */
  renew(signal: AbortSignal): Promise<boolean>;
  /** What the token answer said besides the token, for base URLs that are told at sign-in (`{token.instance_url}`). */
  token(): Json;
}

/**
 * Picks the first way to sign in for which the connection has every credential: a vendor may offer a static token or
 * OAuth, and the administrator gives one of them.
 */
export function chooseAuth(
  systemName: string,
  ways: AuthDefinition | AuthDefinition[],
  credentials: Scope,
): AuthDefinition {
  const list = Array.isArray(ways) ? ways : [ways];
  const usable = list.find((way) =>
    placeholdersOf(Object.values(way as unknown as Record<string, Json>)).every(({ source, root, optional }) => {
      if (root !== "credentials" || optional) return true;
      const value = credentials[source.slice("credentials.".length)];
      return value !== undefined && value !== null && value !== "";
    }),
  );
  if (usable) return usable;
  throw new HubError({
    kind: "credential",
    code: "credentials_missing",
    message: `The ${systemName} connection has no complete set of credentials.`,
    hint: `Give one of: ${list.map((way) => way.type).join(", ")}; the vendor's instructions.md says where to find them.`,
  });
}

/**
 * Signs with values that do not change while the sidecar runs.
 * @throws HubError `connection_invalid` for a credential that no header can carry
 */
export function staticAuth(way: Exclude<AuthDefinition, { type: "oauth2" }>, scope: Scope): Authenticator {
  const signed = signedOnce(way, scope);
  if (!Object.values(signed.headers).every(fitsHeader)) throw unfitCredential();
  return { sign: () => signed, renew: () => Promise.resolve(false), token: () => ({}) };
}

/** Signs with a bearer token that is fetched and renewed. */
export function oauth2Auth(tokens: TokenSource, refreshOn401: boolean): Authenticator {
  return {
    async sign(signal) {
      const { accessToken } = await tokens.current(signal);
      return { headers: { authorization: `Bearer ${accessToken}` }, query: NO_QUERY };
    },
    async renew(signal) {
      if (!refreshOn401) return false;
      await tokens.renew(signal);
      return true;
    },
    token: () => tokens.lastAnswer(),
  };
}

function unfitCredential(): HubError {
  return new HubError({
    kind: "credential",
    code: "connection_invalid",
    message: "A credential of this connection holds a line break, or a character that cannot be sent.",
    hint: "Copy it again, without anything before or after it, to where the configuration's reference points.",
    field: "credentials",
  });
}

function signedOnce(way: Exclude<AuthDefinition, { type: "oauth2" }>, scope: Scope): Signed {
  const text = (template: string): string => compileText(template)(scope);
  switch (way.type) {
    case "none":
      return { headers: {}, query: NO_QUERY };
    case "bearer":
      return { headers: { authorization: `Bearer ${text(way.token)}` }, query: NO_QUERY };
    case "basic": {
      const pair = Buffer.from(`${text(way.username)}:${text(way.password)}`, "utf8").toString("base64");
      return { headers: { authorization: `Basic ${pair}` }, query: NO_QUERY };
    }
    case "header":
      return { headers: { [way.name.toLowerCase()]: text(way.value) }, query: NO_QUERY };
    case "query":
      return { headers: {}, query: { [way.name]: text(way.value) } };
  }
}
