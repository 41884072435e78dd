import type { Knex } from "knex";
import { SCHEMA } from "../database";

/** What other systems tell us (`sidecar/inbound`): notices that wait for somebody to fetch their records, and calls that were refused. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).createTable("inbox", (table) => {
    table.bigIncrements("id");
    table.text("system").notNullable();
    table.text("key").notNullable().comment("Names the notice at its system; a repeated one has the same.");
    table.text("event").notNullable();
    table
      .text("object")
      .comment("The vendor's type as the definition calls it; null: the definition does not know the event.");
    table.text("change");
    table.text("external_id").notNullable();
    table.timestamp("occurred_at", { useTz: true });
    table.timestamp("received_at", { useTz: true }).notNullable().defaultTo(knex.fn.now());
    table.timestamp("done_at", { useTz: true });
    table.jsonb("item").notNullable();
    table.unique(["system", "key"]);
    table.index(["system", "id"], "inbox_open", { predicate: knex.whereNull("done_at") });
  });
  await knex.schema.withSchema(SCHEMA).createTable("security_event", (table) => {
    table.text("system").notNullable();
    table.text("reason").notNullable();
    table.timestamp("hour", { useTz: true }).notNullable();
    table.integer("count").notNullable();
    table.text("sender").notNullable().comment("Address of the last refused call.");
    table.timestamp("last_at", { useTz: true }).notNullable().defaultTo(knex.fn.now());
    table.primary(["system", "reason", "hour"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).dropTable("security_event").dropTable("inbox");
}
