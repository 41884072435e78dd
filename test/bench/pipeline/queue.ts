import { Client, Pool } from "pg";
import { grantQueueRole } from "../../../sidecar/odoo/grant";
import { databaseUrl, type OdooPostgres } from "../../stack/database";
import { QueueFixture } from "../../support/queue-fixture";
import { snapshot } from "./events";

const LOGIN = { user: "hub_bench", password: "for benchmarks alone" };
const FILL = 1_000;
const ENQUEUE = "SELECT integration_hub_private.enqueue($1::json, NULL, $2, $3)";
const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/** Odoo's real queue tables in a database of the benchmark's own, filled by the addon's own statement. */
export class BenchQueue {
  private constructor(
    readonly owner: Pool,
    /** As the sidecar's role, which may call the contract and nothing else. */
    readonly roleUrl: string,
  ) {}

  static async open(postgres: OdooPostgres, systems: string[]): Promise<BenchQueue> {
    const database = await postgres.newDatabase();
    const admin = new Client({ connectionString: database.url });
    await admin.connect();
    await grantQueueRole(admin, { role: LOGIN.user, password: LOGIN.password });
    await admin.end();
    const owner = new Pool({ connectionString: database.odooUrl, max: 2 });
    owner.on("error", () => undefined);
    const fixture = new QueueFixture(owner);
    for (const code of systems) await fixture.system(code);
    return new BenchQueue(owner, databaseUrl(database.url, database.name, LOGIN));
  }

  async pause(system: string): Promise<void> {
    await this.owner.query("SELECT integration_hub.pause($1, 'manual', 'the benchmark fills the queue', NULL)", [
      system,
    ]);
  }

  async resume(system: string): Promise<void> {
    await this.owner.query("SELECT integration_hub.resume($1)", [system]);
  }

  /** One change of each of these records. `coalesce` false: each is sent, however many of a record wait. */
  async fill(system: string, ids: readonly number[], coalesce = true): Promise<void> {
    const systemId = await this.systemId(system);
    for (let at = 0; at < ids.length; at += FILL) {
      const entries = ids.slice(at, at + FILL).map((id, index) => entry(id, at + index, systemId, coalesce));
      await this.enqueue(system, entries);
    }
    await this.owner.query("ANALYZE integration_delivery, integration_event, integration_event_payload");
  }

  /**
   * One change of one record, in a transaction of its own, as a user's click makes it; `notify`: whom its notification names. Answers when
   * its commit was sent, in milliseconds of the machine's monotonic clock.
   */
  async change(system: string, id: number, notify = system): Promise<number> {
    const systemId = await this.systemId(system);
    const client = await this.owner.connect();
    try {
      await client.query("BEGIN");
      await client.query(ENQUEUE, [JSON.stringify([entry(id, 0, systemId, true)]), TRACE, notify]);
      const at = Number(process.hrtime.bigint()) / 1e6;
      await client.query("COMMIT");
      return at;
    } finally {
      client.release();
    }
  }

  async systemId(system: string): Promise<number> {
    const { rows } = await this.owner.query<{ id: number }>("SELECT id FROM integration_system WHERE code = $1", [
      system,
    ]);
    return rows[0]?.id ?? 0;
  }

  /** How many deliveries have not ended. */
  async open(): Promise<number> {
    const { rows } = await this.owner.query<{ count: string }>(
      `SELECT count(*) FROM integration_delivery
       WHERE state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')`,
    );
    return Number(rows[0]?.count ?? 0);
  }

  async close(): Promise<void> {
    await this.owner.end();
  }

  /** Changes as the addon records them (`integration_hub_private.enqueue`), in one transaction with its notification. */
  async enqueue(system: string, entries: object[]): Promise<void> {
    await this.owner.query(ENQUEUE, [JSON.stringify(entries), TRACE, system]);
  }
}

function entry(id: number, version: number, systemId: number, coalesce: boolean): object {
  return {
    event_type: "customer.changed",
    object: "customer",
    priority: 50,
    coalesce,
    operation: "write",
    model: "res.partner",
    res_id: id,
    res_name: `Benchmark Consulting Partners ${id} & Associates`,
    company_id: 1,
    user_id: 2,
    changed: "email,phone",
    forced: false,
    payload: JSON.stringify(snapshot(id, version)),
    system_ids: [systemId],
  };
}
