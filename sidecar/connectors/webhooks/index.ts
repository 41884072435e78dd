/** What vendors post to us, as data of their definitions: verified, split into notices. */
export { compileWebhooks, type WebhookEndpoint } from "./endpoint";
export type { WebhooksDefinition } from "./definition";
export type { HandshakeAnswer } from "./handshake";
export type { Notice } from "./notices";
export type { RawRequest } from "./raw-request";
export type { Refusal } from "./verify";
