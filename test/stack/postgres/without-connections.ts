import type { Client } from "pg";
import { databaseUrl } from "../database";
import { withClient } from "./server";

/**
 * Do something to a database that Postgres refuses while anybody is connected (copy it, rename it, drop it). Who is connected is thrown out, and
 * who comes back meanwhile is turned away: throwing out alone would leave the moment in which a pool connects again.
 *
 * @param server Superuser's URL of any database of the server.
 */
export async function withoutConnections(
  server: string,
  database: string,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  await withClient(databaseUrl(server, "postgres"), async (client) => {
    const name = client.escapeIdentifier(database);
    await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    try {
      await client.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", [database]);
      await work(client);
    } finally {
      await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    }
  });
}

/** A copy of a database that others work with, of the same owner; everybody is thrown out while it is made. */
export async function copyDatabaseInUse(server: string, database: string, copy: string): Promise<void> {
  await withoutConnections(server, database, async (client) => {
    const { rows } = await client.query<{ owner: string }>(
      "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1",
      [database],
    );
    const [from, to, owner] = [database, copy, rows[0]?.owner ?? ""].map((part) => client.escapeIdentifier(part));
    await client.query(`CREATE DATABASE ${to} TEMPLATE ${from} OWNER ${owner} STRATEGY FILE_COPY`);
  });
}
