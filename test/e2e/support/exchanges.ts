import type { OdooApi } from "../../support/odoo-api";
import { waitFor } from "../../support/wait-for";

export interface Delivery {
  id: number;
  lane: string;
  direction: "out" | "in";
  state: string;
  operation: string;
  event_type: string;
  res_id: number;
  system_id: [number, string];
  external_id: string | false;
  error_kind: string | false;
  error_field: string | false;
  error_message: string | false;
  error_hint: string | false;
}

const FIELDS = [
  "id",
  "lane",
  "direction",
  "state",
  "operation",
  "event_type",
  "res_id",
  "system_id",
  "external_id",
] as const;
const ERROR_FIELDS = ["error_kind", "error_field", "error_message", "error_hint"] as const;
const OVER = ["delivered", "superseded", "cancelled", "held", "dead"];

/** What the hub made of changes in Odoo, seen as a user sees it. */
export class Exchanges {
  constructor(private readonly odoo: OdooApi) {}

  /** Deliveries of these records to one system, oldest first. */
  async of(model: string, ids: number[], system = "hubspot"): Promise<Delivery[]> {
    const domain = [
      ["model", "=", model],
      ["res_id", "in", ids],
      ["system_id.code", "=", system],
    ];
    const rows = await this.odoo.read<Delivery>("integration.delivery", domain, [...FIELDS, ...ERROR_FIELDS]);
    return rows.sort((a, b) => a.id - b.id);
  }

  /** Waits until nothing about these records is under way, and answers all their deliveries. At least `least` must exist. */
  async settled(model: string, ids: number[], least = 1, system = "hubspot", timeoutMs = 40_000): Promise<Delivery[]> {
    const over = (rows: Delivery[]): boolean => rows.length >= least && rows.every((row) => OVER.includes(row.state));
    return this.until(`${least} deliveries of ${model} to be over`, model, ids, system, over, timeoutMs);
  }

  /** Waits until the deliveries of these records are as `condition` wants them, and answers them. */
  async until(
    what: string,
    model: string,
    ids: number[],
    system: string,
    condition: (rows: Delivery[]) => boolean,
    timeoutMs = 40_000,
  ): Promise<Delivery[]> {
    let rows: Delivery[] = [];
    const look = async (): Promise<boolean> => condition((rows = await this.of(model, ids, system)));
    await waitFor(what, look, { timeoutMs }).catch((error: Error) => {
      throw new Error(`${error.message}; they are ${JSON.stringify(rows.slice(0, 5))}`);
    });
    return rows;
  }
}
