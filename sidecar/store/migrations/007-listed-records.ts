import type { Knex } from "knex";
import { SCHEMA } from "../database";

/** What other systems' lists showed last (`sidecar/inbound/listed-records.ts`), and which first load a notice belongs to. */
export async function up(knex: Knex): Promise<void> {
  const schema = (): Knex.SchemaBuilder => knex.schema.withSchema(SCHEMA);
  await schema().createTable("inbound_listed", (table) => {
    table.text("system").notNullable();
    table.text("object").notNullable();
    table.text("external_id").notNullable();
    table.text("version").comment("Of the record, as the list of changes showed it last; null: it never did.");
    table
      .timestamp("seen_at", { useTz: true })
      .notNullable()
      .comment("When a list of all that is there, or of changes, showed something new of it.");
    table.primary(["system", "object", "external_id"]);
  });
  await schema().alterTable("inbound_cursor", (table) => {
    // Records of one and the same moment are told apart by what the list showed of each.
    table.dropColumn("external_id");
    table
      .timestamp("known_at", { useTz: true })
      .comment("Since when the whole list is known: what it shows anew from then on has changed.");
  });
  await schema().alterTable("inbox", (table) => {
    table.integer("load_id").comment("The first load that named the record.");
    table.index(["load_id"], "inbox_load", { predicate: knex.whereNotNull("load_id") });
    table.index(["system", "object", "external_id", "received_at"], "inbox_told", {
      predicate: knex.whereRaw("source = 'webhook'"),
    });
  });
}

export async function down(knex: Knex): Promise<void> {
  const schema = (): Knex.SchemaBuilder => knex.schema.withSchema(SCHEMA);
  await schema().alterTable("inbox", (table) => {
    table.dropIndex([], "inbox_told");
    table.dropIndex([], "inbox_load");
    table.dropColumn("load_id");
  });
  await schema().alterTable("inbound_cursor", (table) => {
    table.text("external_id");
    table.dropColumn("known_at");
  });
  await schema().dropTable("inbound_listed");
}
