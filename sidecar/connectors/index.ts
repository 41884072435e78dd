export { createConnector, type ConnectorOptions } from "./create-connector";
export type { Clock, Connector, ConnectorHealth, Delivered, DeliverInput, DeliverResult, Refused } from "./connector";
export type { ConnectorDefinition, LoadedDefinition } from "./definition";
export { loadDefinition } from "./load-definition";
export type { RateLimiter } from "./limits";
export type { TokenStore } from "./oauth2";
