import type { Knex } from "knex";
import { SCHEMA } from "../database";

/** The tokens that OAuth connections sign in with (`sidecar/store/stored-tokens.ts`); sealed with `store.key`. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).createTable("oauth_token", (table) => {
    table.text("system").primary();
    // Which configured refresh token these go back to: another one begins anew.
    table.text("configured").notNullable();
    table.binary("sealed").notNullable();
    table.timestamp("renewed_at", { useTz: true }).notNullable().defaultTo(knex.fn.now());
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).dropTable("oauth_token");
}
