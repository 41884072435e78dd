import type { Knex } from "knex";
import { SCHEMA } from "../database";

/**
 * What recognises an Odoo database that was restored from a backup (`sidecar/restore`): how far the mark in it had come,
 * and which identities records had got in other systems lately, which the restored database may not know.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).createTable("odoo_mark", (table) => {
    table.text("database_uuid").primary();
    table.text("hub").notNullable();
    table.bigInteger("counter").notNullable();
    table.timestamp("marked_at", { useTz: true }).notNullable().defaultTo(knex.fn.now());
  });
  await knex.schema.withSchema(SCHEMA).createTable("link_ledger", (table) => {
    table.text("database_uuid").notNullable();
    table.text("system").notNullable();
    table.text("lane").notNullable();
    table.text("type").notNullable();
    table.text("external_id").notNullable();
    table.text("url");
    table.text("object").notNullable();
    table.text("fingerprint");
    table.integer("delivery_id").notNullable();
    table.integer("event_id").notNullable();
    table.boolean("removed").notNullable();
    table.timestamp("settled_at", { useTz: true }).notNullable();
    table.primary(["database_uuid", "system", "lane", "type"]);
    table.index(["settled_at"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).dropTable("link_ledger").dropTable("odoo_mark");
}
