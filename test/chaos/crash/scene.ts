import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { LEDGERS } from "../../sandbox/vendors/ledger";
import { databaseUrl } from "../../stack/database";
import { openQueueDatabase, type QueueDatabase } from "../../support/queue-database";
import { SidecarSlot } from "./sidecar-slot";
import { SEARCH_LAG_MS, writeMappings } from "./systems";

export interface SceneOptions {
  sidecars: number;
  /** Seconds; short, so that what a killed sidecar held comes back soon. */
  leaseSeconds: number;
}

/** Where sidecars are killed: a real Postgres with Odoo's tables and the hub's store, the vendors, and a place for each sidecar. */
export class CrashScene {
  readonly slots: SidecarSlot[] = [];

  private constructor(
    readonly database: QueueDatabase,
    readonly sandbox: Sandbox,
    private readonly folder: string,
    /** Where the ledgers' own connectors and mappings lie. */
    readonly mappings: string,
  ) {}

  static async open({ sidecars, leaseSeconds }: SceneOptions): Promise<CrashScene> {
    const database = await openQueueDatabase();
    const sandbox = await startSandbox({ port: 0, vendors: LEDGERS });
    const folder = mkdtempSync(path.join(tmpdir(), "hub-chaos-"));
    const own = path.join(folder, "mappings");
    const mappings = writeMappings(own);
    const scene = new CrashScene(database, sandbox, folder, own);
    sandbox.store.setLag("ledger_search", SEARCH_LAG_MS);
    for (const { code } of LEDGERS) await database.fixture.system(code);
    const storeUrl = await newStore(database.adminUrl);
    const { roleUrl: queueUrl } = database;
    for (let n = 1; n <= sidecars; n += 1) {
      const slot = { folder, mappings, queueUrl, storeUrl, sandboxUrl: sandbox.url, leaseSeconds };
      scene.slots.push(await SidecarSlot.open(`sidecar-${n}`, slot));
    }
    return scene;
  }

  /** Deliveries that are not at their end. */
  async unfinished(): Promise<number> {
    const { rows } = await this.database.owner.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM integration_delivery WHERE state NOT IN ('delivered', 'superseded', 'cancelled')",
    );
    return rows[0]?.n ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.close()));
    await this.sandbox.close();
    await this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function newStore(adminUrl: string): Promise<string> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  await client.query("CREATE DATABASE hub_store");
  await client.end();
  return databaseUrl(adminUrl, "hub_store");
}
