import type { Json } from "../domain/json";

export interface CallOptions {
  /** Records the method is called on; left out for methods of the model. */
  ids?: number[];
  context?: Record<string, Json>;
  signal?: AbortSignal;
}

/**
 * Calls Odoo's models, whatever the protocol. One call is one transaction in Odoo, which has no idempotency key: call
 * only what may be repeated. Errors are `HubError` as `faults.ts` classifies them.
 */
export interface RecordClient {
  call<Answer>(model: string, method: string, args: Record<string, Json>, options?: CallOptions): Promise<Answer>;
  /** Proves that Odoo answers and lets the service user in. */
  check(): Promise<void>;
  close(): Promise<void>;
}
