import type { WebhooksDefinition } from "./definition";
import { compileHandshakes, type Handshakes } from "./handshake";
import { compileNotices, type Notices } from "./notices";
import { compileVerification, type Verification } from "./verify";

/** A connection's webhooks, compiled. */
export interface WebhookEndpoint {
  verify: Verification;
  handshakes: Handshakes;
  /** The vendor hands over secrets that it signs with. */
  keepsSecrets: boolean;
  notices: Notices;
  /** Of a request that was taken. */
  status: number;
}

/** Compiles the `webhooks` of a definition with a connection's credentials. Throws what is wrong with a pattern or a placeholder. */
export function compileWebhooks(
  definition: WebhooksDefinition,
  credentials: Readonly<Record<string, string>>,
): WebhookEndpoint {
  return {
    verify: compileVerification(definition.signature, credentials),
    handshakes: compileHandshakes(definition.handshakes),
    keepsSecrets: definition.handshakes?.some(({ keep }) => keep === true) ?? false,
    notices: compileNotices(definition.notices),
    status: definition.status ?? 200,
  };
}
