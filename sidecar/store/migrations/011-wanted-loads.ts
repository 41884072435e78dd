import type { Knex } from "knex";
import { SCHEMA } from "../database";

/** First loads and dry runs that sidecars run by themselves (`sidecar/inbound/loads.ts`), each in one at a time. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).alterTable("inbound_load", (table) => {
    table.boolean("dry").notNullable().defaultTo(false);
    table.boolean("wanted").notNullable().defaultTo(false).comment("A sidecar is to go on with it.");
    table.text("lease").comment("Which sidecar reads its list, until lease_until.");
    table.timestamp("lease_until", { useTz: true });
    table.jsonb("report").comment("Of a dry run: what would be, so far.");
    table.jsonb("failure").comment("Why the list could not be read on.");
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema
    .withSchema(SCHEMA)
    .alterTable("inbound_load", (table) =>
      table.dropColumns("dry", "wanted", "lease", "lease_until", "report", "failure"),
    );
}
