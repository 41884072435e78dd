import { Client, Pool } from "pg";
import pino from "pino";
import { grantQueueRole } from "../../sidecar/odoo/grant";
import { PostgresQueue } from "../../sidecar/odoo/postgres-queue";
import { databaseUrl, startPostgresWithOdooTemplate } from "../stack/database";
import { QueueFixture } from "./queue-fixture";

/** A real Postgres with Odoo's real tables, the queue as the sidecar's role sees it, and the fixture as Odoo's own role. */
export interface QueueDatabase {
  queue: PostgresQueue;
  fixture: QueueFixture;
  /** Odoo's own role, for looking at what the contract does not answer. */
  owner: Pool;
  /** The sidecar's role, which may call the contract and nothing else. */
  roleUrl: string;
  /** Superuser on the same database. */
  adminUrl: string;
  /** Stops the server and starts it again; `immediate` as after a crash. */
  restart(how: "fast" | "immediate"): Promise<void>;
  close(): Promise<void>;
}

/** `settings` are the server's own; without them it does not care about losing its data. */
export async function openQueueDatabase(settings?: Readonly<Record<string, string>>): Promise<QueueDatabase> {
  const postgres = await startPostgresWithOdooTemplate(settings === undefined ? {} : { settings });
  const database = await postgres.newDatabase();
  const owner = new Pool({ connectionString: database.odooUrl });
  // The server is stopped while the pool's last connections are still saying goodbye.
  owner.on("error", () => undefined);
  const login = { user: "hub_sidecar", password: "for this test alone" };
  const admin = new Client({ connectionString: database.url });
  await admin.connect();
  await grantQueueRole(admin, { role: login.user, password: login.password });
  await admin.end();
  const roleUrl = databaseUrl(database.url, database.name, login);
  const queue = new PostgresQueue({ url: roleUrl, log: pino({ level: "silent" }) });
  return {
    queue,
    fixture: new QueueFixture(owner),
    owner,
    roleUrl,
    adminUrl: database.url,
    restart: async (how) => await postgres.restart(how),
    async close() {
      await queue.close();
      await owner.end();
      await postgres.stop();
    },
  };
}
