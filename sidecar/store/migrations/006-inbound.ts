import type { Knex } from "knex";
import { SCHEMA } from "../database";

/** What becomes of notices: the state of each record that comes in, how far each list of changes was read, and first loads. */
export async function up(knex: Knex): Promise<void> {
  // A builder holds what it was told until then: each statement needs one of its own.
  const schema = (): Knex.SchemaBuilder => knex.schema.withSchema(SCHEMA);
  await schema().alterTable("inbox", (table) => {
    table.text("source").notNullable().defaultTo("webhook").comment("webhook, poll, load or odoo.");
    table.smallint("priority").notNullable().defaultTo(50);
    table.text("outcome").comment("How it ended: delivered, unchanged, held, echo, …");
    table.index(["system", "priority", "id"], "inbox_next", { predicate: knex.whereNull("done_at") });
    table.index(["system", "object", "external_id"], "inbox_record", { predicate: knex.whereNull("done_at") });
    table.index(["done_at"], "inbox_done");
    table.dropIndex(["system", "id"], "inbox_open");
  });
  await schema().createTable("inbound_record", (table) => {
    table.text("system").notNullable();
    table.text("object").notNullable();
    table.text("external_id").notNullable();
    table.text("lease").comment("Who fetches and applies it now, until next_at.");
    table.timestamp("next_at", { useTz: true }).notNullable().defaultTo(knex.fn.now());
    table.integer("tries").notNullable().defaultTo(0).comment("Failed ones since it last worked.");
    table.text("error_code");
    table.text("hash").comment("Of what Odoo was last asked to bring about.");
    table.jsonb("state").comment("Of its life cycle, as Odoo last took it.");
    table.timestamp("vendor_time", { useTz: true });
    table.timestamp("fetched_at", { useTz: true });
    table.boolean("gone").notNullable().defaultTo(false);
    table.primary(["system", "object", "external_id"]);
  });
  await schema().createTable("inbound_cursor", (table) => {
    table.text("system").notNullable();
    table.text("object").notNullable();
    table.timestamp("time", { useTz: true }).comment("Everything that changed before was seen.");
    table.text("external_id").comment("The last record seen at that moment.");
    table.timestamp("polled_at", { useTz: true });
    table.timestamp("swept_at", { useTz: true });
    table.bigInteger("found").notNullable().defaultTo(0);
    table.bigInteger("missed").notNullable().defaultTo(0).comment("Found, and no webhook had said so.");
    table.jsonb("failure");
    table.primary(["system", "object"]);
  });
  await schema().createTable("inbound_load", (table) => {
    table.increments("id");
    table.text("system").notNullable();
    table.text("object").notNullable();
    table.timestamp("time", { useTz: true }).comment("How far the list was read.");
    table.integer("listed").notNullable().defaultTo(0);
    table.timestamp("started_at", { useTz: true }).notNullable().defaultTo(knex.fn.now());
    table.timestamp("listed_at", { useTz: true }).comment("When the list ended.");
    table.index(["system", "object"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  const schema = (): Knex.SchemaBuilder => knex.schema.withSchema(SCHEMA);
  for (const table of ["inbound_load", "inbound_cursor", "inbound_record"]) await schema().dropTable(table);
  await schema().alterTable("inbox", (table) => {
    table.index(["system", "id"], "inbox_open", { predicate: knex.whereNull("done_at") });
    for (const index of ["inbox_next", "inbox_record", "inbox_done"]) table.dropIndex([], index);
    table.dropColumns("source", "priority", "outcome");
  });
}
