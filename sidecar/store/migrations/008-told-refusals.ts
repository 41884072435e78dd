import type { Knex } from "knex";
import { SCHEMA } from "../database";

/** How much of what was refused Odoo knows, so that it is told of the rest. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).alterTable("security_event", (table) => {
    table.integer("told").notNullable().defaultTo(0).comment("The count that Odoo was last told.");
    table.index(["hour"], "security_event_untold", { predicate: knex.whereRaw("count > told") });
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).alterTable("security_event", (table) => {
    table.dropIndex([], "security_event_untold");
    table.dropColumn("told");
  });
}
