import { copyDatabaseInUse, withoutConnections } from "../../stack/postgres/without-connections";
import type { StackState } from "../../stack/state";

/** A backup of Odoo's database that can be put in its place, as an administrator's tools do: everybody is thrown out meanwhile. */
export class DatabaseBackup {
  private constructor(
    private readonly server: string,
    private readonly database: string,
    private readonly copy: string,
  ) {}

  static async make({ postgres, odoo }: StackState): Promise<DatabaseBackup> {
    const copy = `${odoo.database}_backup`;
    await copyDatabaseInUse(postgres.adminUrl, odoo.database, copy);
    return new DatabaseBackup(postgres.adminUrl, odoo.database, copy);
  }

  /** What happened since is gone. */
  async restore(): Promise<void> {
    await withoutConnections(this.server, this.database, async (client) => {
      await client.query(`DROP DATABASE "${this.database}"`);
      await client.query(`ALTER DATABASE "${this.copy}" RENAME TO "${this.database}"`);
    });
  }
}
