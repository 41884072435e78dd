import { Client } from "pg";
import { HubError } from "../domain/errors";
import { grantQueueRole, queueRoleSql } from "../odoo/grant";
import { postgresFault } from "../odoo/postgres-faults";
import { EXIT } from "./exit-codes";
import { secretFrom } from "./secret-option";

export interface GrantOptions {
  role: string;
  /** `env:NAME` or `file:/path`; without it an existing role keeps its password. */
  passwordFrom?: string;
  /** Odoo's database as somebody who may create roles; `env:NAME`, `file:/path`, or a URL without a password. */
  databaseUrl?: string;
  /** Name of Odoo's database, for --print. */
  database?: string;
  print?: boolean;
}

/**
 * Creates the role the sidecar signs in as, which may call the queue's functions and do nothing else, or prints the
 * statements for somebody who runs them. May be repeated; run it again after the addon brought a new function.
 */
export async function grant(options: GrantOptions): Promise<number> {
  const password =
    options.passwordFrom === undefined ? undefined : secretFrom("--password-from", options.passwordFrom, "value");
  const role = { role: options.role, ...(password === undefined ? {} : { password }) };
  if (options.print) {
    if (!options.database) throw usage("Which database is meant?", "Name Odoo's database with --database.");
    process.stdout.write(`${queueRoleSql(options.database, role).join(";\n")};\n`);
    return EXIT.done;
  }
  if (!options.databaseUrl) throw usage("No database was named.", "Give --database-url, or --print with --database.");
  const client = new Client({
    connectionString: secretFrom("--database-url", options.databaseUrl, "postgres-url"),
    connectionTimeoutMillis: 5_000,
  });
  try {
    await client.connect();
    await client.query("BEGIN");
    await grantQueueRole(client, role);
    await client.query("COMMIT");
  } catch (thrown) {
    throw postgresFault(thrown, "hub grant");
  } finally {
    await client.end().catch(() => undefined);
  }
  process.stdout.write(`role ${options.role} may call the queue's functions and nothing else\n`);
  return EXIT.done;
}

function usage(message: string, hint: string): HubError {
  return new HubError({ kind: "data", code: "usage", message, hint });
}
