import type { Knex } from "knex";
import { SCHEMA } from "../database";

/** Secrets that vendors hand over when they subscribe us (`sidecar/store/handed-secrets.ts`), sealed with `store.key`, and when they may. */
export async function up(knex: Knex): Promise<void> {
  const schema = (): Knex.SchemaBuilder => knex.schema.withSchema(SCHEMA);
  await schema().createTable("webhook_window", (table) => {
    table.text("system").primary();
    table.timestamp("opened_at", { useTz: true }).notNullable().defaultTo(knex.fn.now());
    table.timestamp("closes_at", { useTz: true }).notNullable();
    table.integer("left").notNullable().comment("Secrets that are still taken.");
    table.text("opened_by").notNullable();
  });
  await schema().createTable("webhook_secret", (table) => {
    table.increments("id");
    table.text("system").notNullable();
    table.text("fingerprint").notNullable().comment("The same for the same secret.");
    table.binary("sealed").notNullable();
    table.text("address").notNullable().comment("Path and query that it was handed over to.");
    table.text("sender").notNullable().comment("Network address of who handed it over.");
    table.text("opened_by").notNullable().comment("Who had opened the window.");
    table.timestamp("accepted_at", { useTz: true }).notNullable().defaultTo(knex.fn.now());
    table.timestamp("last_used_at", { useTz: true }).comment("When a call was last signed with it, to the minute.");
    table.timestamp("revoked_at", { useTz: true });
    table.text("revoked_by");
    table.unique(["system", "fingerprint"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).dropTable("webhook_secret").dropTable("webhook_window");
}
