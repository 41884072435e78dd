import { escapeIdentifier, escapeLiteral, type Client } from "pg";

export interface QueueRole {
  /** Name of the database role the sidecar logs in as, for instance `hub_sidecar`. */
  role: string;
  /** Sets the role's password; without it an existing role keeps its own and a new one cannot log in by password. */
  password?: string;
}

/**
 * Statements that give a role the queue contract and nothing else. Run them on Odoo's database, as a superuser or as the owner of the database with
 * CREATEROLE. Repeating them is harmless. The role ends up with CONNECT, USAGE on schema `integration_hub` and EXECUTE on its functions; the
 * addon keeps these grants when it is updated.
 */
export function queueRoleSql(database: string, { role, password }: QueueRole): string[] {
  const name = escapeIdentifier(role);
  const login = password === undefined ? "" : ` PASSWORD ${escapeLiteral(password)}`;
  return [
    `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${escapeLiteral(role)}) THEN CREATE ROLE ${name}; END IF; END $$`,
    `ALTER ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT${login}`,
    // Odoo lets everybody create tables in the public schema; the owner of the database does not need that grant to keep working.
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${name}`,
    `GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${name}`,
    `GRANT USAGE ON SCHEMA integration_hub TO ${name}`,
    `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA integration_hub TO ${name}`,
  ];
}

/** Gives the role the queue contract in the database the client is connected to. */
export async function grantQueueRole(client: Client, role: QueueRole): Promise<void> {
  const { rows } = await client.query<{ name: string }>("SELECT current_database() AS name");
  for (const statement of queueRoleSql(rows[0]?.name ?? "", role)) await client.query(statement);
}
