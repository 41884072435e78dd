export { chooseAuth } from "./auth";
export { createConnector, type ConnectorOptions } from "./create-connector";
export { checkConnection } from "./connection";
export type { Clock, Connector, ConnectorHealth, Delivered, DeliverInput, DeliverResult, Refused } from "./connector";
export { declaredBuckets } from "./declared-limits";
export type { ConnectorDefinition, LoadedDefinition } from "./definition";
export { loadDefinition } from "./load-definition";
export type { Bucket } from "../domain/shared-state";
export type { RateLimiter } from "./limits";
