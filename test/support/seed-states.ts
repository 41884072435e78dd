import { randomBytes } from "node:crypto";
import { Client } from "pg";
import type { DeliveryState } from "../../sidecar/domain/delivery";
import type { StackState } from "../stack/state";
import { OdooApi } from "./odoo-api";

/** Columns of `integration_delivery`, with values as the database takes them. */
type Columns = Record<string, string | number | boolean | null>;

export interface SeededSystem {
  id: number;
  code: string;
  name: string;
}

export interface SeededRecord {
  model: string;
  id: number;
  name: string;
}

const MINUTE = 60_000;

/** What a delivery looks like in each state, in the words the sidecar would have used. */
const columnsOf = (): Record<DeliveryState, Columns> => ({
  pending: {},
  waiting: {},
  processing: { claimed_by: "sidecar-1", attempts: 1, claimed_at: minutesFromNow(0), lease_until: minutesFromNow(5) },
  retry: {
    attempts: 3,
    next_attempt_at: minutesFromNow(12),
    error_kind: "technical",
    error_code: "http_503",
    error_message: "The system did not answer: service unavailable.",
    error_hint: "Nothing to do: it goes again by itself.",
  },
  unknown: {
    attempts: 1,
    verify: true,
    next_attempt_at: minutesFromNow(1),
    error_kind: "unknown",
    error_code: "connection_lost",
    error_message: "The connection broke after the request had been sent.",
    error_hint: "Nothing to do: the record is looked up before anything is sent again.",
  },
  held: {
    attempts: 1,
    error_kind: "data",
    error_code: "mapping_required_missing",
    error_message: "The customer has no country, and the other system does not accept a company without one.",
    error_hint: "Fill in the country, then retry.",
    error_field: "customer.country",
    cause: "data:mapping_required_missing:customer.country",
  },
  dead: {
    attempts: 12,
    error_kind: "technical",
    error_code: "http_500",
    error_message: "The system failed every time: internal error.",
    error_hint: "Ask the owner of the system what is wrong, then retry.",
    cause: "technical:http_500",
  },
  delivered: { attempts: 1, latency_ms: 840, done_at: minutesFromNow(0) },
  superseded: {},
  cancelled: { done_at: minutesFromNow(0) },
});

/** Systems, rules, records and deliveries of one test, all taken away again by `clear`. No sidecar knows these systems. */
export class Seed {
  private readonly systems: number[] = [];
  private readonly rules: number[] = [];
  private readonly setAside: number[] = [];
  private readonly records: SeededRecord[] = [];

  private constructor(
    private readonly admin: OdooApi,
    private readonly database: Client,
    readonly suffix: string,
  ) {}

  static async open(stack: StackState, admin?: OdooApi): Promise<Seed> {
    const database = new Client({ connectionString: stack.postgres.adminUrl });
    await database.connect();
    return new Seed(admin ?? (await OdooApi.signIn(stack)), database, randomBytes(3).toString("hex"));
  }

  async system(name: string): Promise<SeededSystem> {
    const code = `${name.toLowerCase().replace(/[^a-z]+/g, "_")}_${this.suffix}`;
    const id = await this.admin.create("integration.system", { name, code, connector: name.toLowerCase() });
    this.systems.push(id);
    return { id, code, name };
  }

  /** A rule of its own payload, so that it works without a sidecar's catalogue. */
  async rule(model: string, systems: SeededSystem[], values: object = {}): Promise<number> {
    const [modelId] = await this.admin.search("ir.model", [["model", "=", model]]);
    const id = await this.admin.create("integration.rule", {
      name: `Changes of ${model} ${this.suffix}`,
      model_id: modelId,
      event_type: "customer.changed",
      object: "customer",
      follow_mapping: false,
      payload_fields: "display_name",
      system_ids: [[6, 0, systems.map((system) => system.id)]],
      ...values,
    });
    this.rules.push(id);
    return id;
  }

  /** Sets aside the rules that others have for a model, until `clear`: what they capture would be seen on the same records. */
  async aloneOn(model: string): Promise<void> {
    const others = await this.admin.search("integration.rule", [
      ["model", "=", model],
      ["active", "=", true],
    ]);
    if (others.length > 0) await this.admin.write("integration.rule", others, { active: false });
    this.setAside.push(...others);
  }

  /** Takes a rule that the test made on the screen away with the others. */
  adoptRule(rule: number): void {
    this.rules.push(rule);
  }

  async record(model: string, values: { name: string } & Record<string, unknown>): Promise<SeededRecord> {
    const id = await this.admin.create(model, values);
    const record = { model, id, name: values.name };
    this.records.push(record);
    return record;
  }

  /** The deliveries of a record to a system, the oldest first. */
  async deliveries(record: SeededRecord, system: SeededSystem): Promise<number[]> {
    const { rows } = await this.database.query<{ id: number }>(
      "SELECT id FROM integration_delivery WHERE lane = $1 AND system_id = $2 ORDER BY id",
      [laneOf(record), system.id],
    );
    return rows.map((row) => row.id);
  }

  /** The one delivery of a record to a system; an error when there are none or several. */
  async onlyDelivery(record: SeededRecord, system: SeededSystem): Promise<number> {
    const [delivery, ...more] = await this.deliveries(record, system);
    if (delivery === undefined || more.length > 0)
      throw new Error(`${record.name}: ${more.length + 1} deliveries, not one`);
    return delivery;
  }

  /** Puts one delivery into a state, as the queue's functions would have left it. */
  async put(delivery: number, state: DeliveryState, extra: Columns = {}): Promise<void> {
    const columns: Columns = { state, ...columnsOf()[state], ...extra };
    const names = Object.keys(columns).map((name) => this.database.escapeIdentifier(name));
    const settings = names.map((name, place) => `${name} = $${place + 2}`).join(", ");
    await this.database.query(`UPDATE integration_delivery SET ${settings} WHERE id = $1`, [
      delivery,
      ...Object.values(columns),
    ]);
  }

  /** A try of a delivery, as settle writes it. */
  async attempt(
    delivery: number,
    outcome: string,
    values: { number?: number; message?: string; status?: number } = {},
  ): Promise<void> {
    await this.database.query(
      `INSERT INTO integration_attempt (delivery_id, system_id, number, worker, started_at, ended_at, duration_ms, outcome, error_message,
         http_status, request, mapping, traceparent, create_date)
       SELECT d.id, d.system_id, $2, 'sidecar-1', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 143, $3, $4, $5,
         'POST /crm/v3/objects/companies', 'customer@1 > company@1', e.traceparent, now() AT TIME ZONE 'UTC'
       FROM integration_delivery d JOIN integration_event e ON e.id = d.event_id WHERE d.id = $1`,
      [delivery, values.number ?? 1, outcome, values.message ?? null, values.status ?? null],
    );
  }

  /** The record's identity in a system. */
  async link(record: SeededRecord, system: SeededSystem, externalId: string, url: string | null): Promise<void> {
    await this.database.query(
      `INSERT INTO integration_link (system_id, lane, model, res_id, res_name, object, external_type, external_id, external_url, synced_at,
         active, create_date)
       VALUES ($1, $2, $3, $4, $5, 'customer', 'company', $6, $7, now() AT TIME ZONE 'UTC', true, now() AT TIME ZONE 'UTC')`,
      [system.id, laneOf(record), record.model, record.id, record.name, externalId, url],
    );
  }

  /** Makes a delivery look as if its change had been made that many hours ago. */
  async age(delivery: number, hours: number): Promise<void> {
    await this.database.query(
      "UPDATE integration_delivery SET create_date = create_date - make_interval(hours => $2) WHERE id = $1",
      [delivery, hours],
    );
  }

  async stateOf(delivery: number): Promise<string> {
    const { rows } = await this.database.query<{ state: string }>(
      "SELECT state FROM integration_delivery WHERE id = $1",
      [delivery],
    );
    return rows[0]?.state ?? "gone";
  }

  /** Takes away whatever this test made, and gives others their rules back even where that fails. */
  async clear(): Promise<void> {
    try {
      await this.takeAway();
    } finally {
      if (this.setAside.length > 0) await this.admin.write("integration.rule", this.setAside, { active: true });
      await this.database.end();
    }
  }

  /** Rules first, so that nothing new is captured meanwhile. */
  private async takeAway(): Promise<void> {
    if (this.rules.length > 0) await this.admin.unlink("integration.rule", this.rules);
    for (const { model, id } of this.records) await this.admin.unlink(model, [id]).catch(() => this.archive(model, id));
    const mine = this.systems;
    await this.database.query("DELETE FROM integration_link WHERE system_id = ANY ($1)", [mine]);
    await this.database.query("DELETE FROM integration_attempt WHERE system_id = ANY ($1)", [mine]);
    await this.database.query(
      `WITH gone AS (DELETE FROM integration_delivery WHERE system_id = ANY ($1) RETURNING event_id)
       DELETE FROM integration_event e USING gone WHERE e.id = gone.event_id
         AND NOT EXISTS (SELECT 1 FROM integration_delivery d WHERE d.event_id = e.id AND d.system_id <> ALL ($1))`,
      [mine],
    );
    // What came in of a record is one delivery, with an event for each state of it.
    await this.database.query("DELETE FROM integration_event WHERE origin_system_id = ANY ($1)", [mine]);
    if (mine.length > 0) await this.admin.unlink("integration.system", mine);
  }

  private async archive(model: string, id: number): Promise<void> {
    await this.admin.write(model, [id], { active: false });
  }
}

function laneOf(record: SeededRecord): string {
  return `${record.model},${record.id}`;
}

/** A moment as Odoo stores it: UTC without a zone. */
function minutesFromNow(minutes: number): string {
  return new Date(Date.now() + minutes * MINUTE).toISOString().slice(0, 19).replace("T", " ");
}
