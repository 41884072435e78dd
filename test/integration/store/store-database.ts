import { Client } from "pg";
import { openStore } from "../../../sidecar/store/database";
import { migrate } from "../../../sidecar/store/migrate";
import { databaseUrl, startEmptyPostgres } from "../../stack/database";

/** A hub's own database on a real Postgres, with its tables, as a role of its own that owns nothing else. */
export interface StoreDatabase {
  url: string;
  /** As superuser, on the store's database. */
  admin: Client;
  /** Ends every connection of the hub and refuses new ones until `allow`: the store is away. */
  refuse(): Promise<void>;
  allow(): Promise<void>;
  close(): Promise<void>;
}

export async function openStoreDatabase(): Promise<StoreDatabase> {
  const postgres = await startEmptyPostgres();
  const setup = new Client({ connectionString: postgres.adminUrl });
  await setup.connect();
  await setup.query("CREATE ROLE hub_store LOGIN PASSWORD 'for this test alone'");
  await setup.query("CREATE DATABASE hub_store OWNER hub_store");
  await setup.end();
  const login = { user: "hub_store", password: "for this test alone" };
  const url = databaseUrl(postgres.adminUrl, "hub_store", login);
  const store = openStore(url);
  await migrate(store);
  await store.destroy();
  const admin = new Client({ connectionString: databaseUrl(postgres.adminUrl, "hub_store") });
  await admin.connect();
  return {
    url,
    admin,
    async refuse() {
      await admin.query("ALTER ROLE hub_store NOLOGIN");
      await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hub_store'");
    },
    async allow() {
      await admin.query("ALTER ROLE hub_store LOGIN");
    },
    async close() {
      await admin.end();
      await postgres.stop();
    },
  };
}
