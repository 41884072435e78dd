import type { JsonObject } from "../domain/json";
import type { RecordClient } from "../odoo/record-client";

const MODEL = "integration.inbound";

/** What Odoo answers about one item. */
export interface ReceiveAnswer {
  key: string;
  state: string;
  delivery_id: number | null;
  model: string | null;
  res_id: number | null;
  created?: boolean;
  /** It was there in Odoo already and is linked now. */
  matched?: boolean;
  unchanged: boolean;
  /** A change of Odoo's reached the record after it was read: read it again. */
  read_again: boolean;
  /** The lane of the record it waits for: `in:<type>,<id>`, of another system `in:<code>:<type>,<id>`. */
  wait_for?: string | null;
  error: { kind: string; code: string; message: string; field: string | null } | null;
}

/** How an item ended, in one word. What a call made whose answer was lost is unchanged, and made or linked all the same. */
export function outcomeOf({ unchanged, created, matched, state }: ReceiveAnswer): string {
  if (created) return "created";
  if (matched) return "matched";
  return unchanged ? "unchanged" : state;
}

/** What Odoo wants to be read and received again. */
export interface DueRow {
  delivery_id: number;
  type: string;
  external_id: string;
  /** How often it was answered. */
  claims: number;
}

/** Odoo's side of what comes in: methods of `integration.inbound`. Errors are HubErrors as `faults.ts` classifies them. */
export class OdooInbound {
  constructor(
    private readonly records: RecordClient,
    private readonly system: string,
  ) {}

  /** Hands items over. Each is taken once, whatever is repeated. */
  async receive(items: readonly JsonObject[]): Promise<ReceiveAnswer[]> {
    return this.records.call(MODEL, "receive", { system: this.system, items: [...items] });
  }

  /** Rows that wait to be read again: a person retried or decided, or a reference arrived. */
  async due(most: number): Promise<DueRow[]> {
    return this.records.call(MODEL, "due", { system: this.system, max_rows: most });
  }
}

/** What was refused at the door within an hour, so far. */
export interface RefusedCalls extends JsonObject {
  /** As called. */
  system: string;
  reason: string;
  /** ISO 8601, as `last_at`. */
  hour: string;
  count: number;
  sender: string;
  last_at: string;
}

/** Tells Odoo what was refused at the door; the counts are totals, so telling it twice does no harm. */
export async function tellRefused(records: RecordClient, events: readonly RefusedCalls[]): Promise<void> {
  await records.call<number>(MODEL, "refused", { events: [...events] });
}
