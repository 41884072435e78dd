import { Client } from "pg";
import { databaseUrl } from "../../stack/database";
import type { StackState } from "../../stack/state";

/** A backup of Odoo's database that can be put in its place, as an administrator's tools do: everybody is thrown out meanwhile. */
export class DatabaseBackup {
  private constructor(
    private readonly server: string,
    private readonly database: string,
    private readonly copy: string,
  ) {}

  static async make({ postgres, odoo }: StackState): Promise<DatabaseBackup> {
    const backup = new DatabaseBackup(
      databaseUrl(postgres.adminUrl, "postgres"),
      odoo.database,
      `${odoo.database}_backup`,
    );
    await backup.alone(async (client) => {
      const { rows } = await client.query<{ owner: string }>(
        "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1",
        [backup.database],
      );
      await client.query(
        `CREATE DATABASE "${backup.copy}" TEMPLATE "${backup.database}" OWNER "${rows[0]?.owner}" STRATEGY FILE_COPY`,
      );
    });
    return backup;
  }

  /** What happened since is gone. */
  async restore(): Promise<void> {
    await this.alone(async (client) => {
      await client.query(`DROP DATABASE "${this.database}"`);
      await client.query(`ALTER DATABASE "${this.copy}" RENAME TO "${this.database}"`);
    });
  }

  private async alone(work: (client: Client) => Promise<void>): Promise<void> {
    const client = new Client({ connectionString: this.server });
    await client.connect();
    try {
      await client.query(`ALTER DATABASE "${this.database}" ALLOW_CONNECTIONS false`);
      await client.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", [
        this.database,
      ]);
      await work(client);
      await client.query(`ALTER DATABASE "${this.database}" ALLOW_CONNECTIONS true`);
    } finally {
      await client.end();
    }
  }
}
