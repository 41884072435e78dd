import { Client } from "pg";
import { databaseUrl } from "../../../stack/database";
import type { SmallDisk } from "./small-disk";

/** Postgres's code for "no space left on device". */
const DISK_FULL = "53100";
const DATABASE = "small_store";
const SPACE = "small_space";

/** The hub's own database on a disk that can be filled. */
export class SmallStore {
  private constructor(
    readonly url: string,
    private readonly admin: Client,
    private readonly client: Client,
    private readonly disk: SmallDisk,
  ) {}

  static async open(adminUrl: string, disk: SmallDisk): Promise<SmallStore> {
    const url = databaseUrl(adminUrl, DATABASE);
    const admin = new Client({ connectionString: adminUrl });
    const client = new Client({ connectionString: url });
    await admin.connect();
    await admin.query(`CREATE TABLESPACE ${SPACE} LOCATION '${disk.dir}'`);
    await admin.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0 TABLESPACE ${SPACE}`);
    await client.connect();
    return new SmallStore(url, admin, client, disk);
  }

  /** Fills the disk, and then what room the hub's tables have left inside. */
  async runOutOfSpace(): Promise<void> {
    await this.disk.fill();
    while (await this.takes());
  }

  /** Whether the table of the jobs' ticks takes another row. */
  async takes(): Promise<boolean> {
    try {
      await this.client.query(
        "INSERT INTO hub.schedule_tick (job, tick_at, worker) VALUES ('filler ' || gen_random_uuid(), now(), repeat('x', 200))",
      );
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === DISK_FULL) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.client.end();
    await this.admin.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
    await this.admin.query(`DROP TABLESPACE IF EXISTS ${SPACE}`);
    await this.admin.end();
  }
}
