import type { Knex } from "knex";
import { SCHEMA } from "../database";

/** Since when a list of changes cannot be read (`sidecar/inbound/listed-records.ts`). */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).alterTable("inbound_cursor", (table) => {
    table.timestamp("failed_at", { useTz: true }).comment("Of the first look that failed since one worked.");
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).alterTable("inbound_cursor", (table) => table.dropColumn("failed_at"));
}
