import type { Knex } from "knex";
import { SCHEMA } from "../database";
import { CIRCUIT_FAILED, CIRCUIT_PROBE, MEET, TAKE } from "./002-functions";

/**
 * What sidecars know together (`sidecar/store/stored-state.ts`): who is alive, how much of each rate limit is used, and which systems'
 * circuits are open. Small rows that change often; what they hold matters for seconds, so nothing of it needs a backup.
 */
export async function up(knex: Knex): Promise<void> {
  const schema = knex.schema.withSchema(SCHEMA);
  await schema.createTable("sidecar", (table) => {
    table.text("worker").primary();
    table.timestamp("seen_at", { useTz: true }).notNullable().defaultTo(knex.fn.now());
  });
  await knex.schema.withSchema(SCHEMA).createTable("rate_bucket", (table) => {
    table.text("system").notNullable();
    table.text("bucket").notNullable();
    table.integer("requests").notNullable().defaultTo(0).comment("the limit, as last asked with");
    table.specificType("ends", "timestamptz[]").notNullable().defaultTo("{}").comment("when places stop to count");
    table.specificType("counts", "integer[]").notNullable().defaultTo("{}").comment("how many places, beside `ends`");
    table.timestamp("last_at", { useTz: true }).comment("when the last places were given");
    table.timestamp("paused_until", { useTz: true }).comment("the vendor said stop");
    table.timestamp("paced_at", { useTz: true }).comment("backfill: since when `paced` counts");
    table.integer("paced").notNullable().defaultTo(0);
    table.integer("waiting_priority").comment("the most urgent that was told to come again,");
    table.timestamp("waiting_until", { useTz: true }).comment("… which goes before others until then");
    table.primary(["system", "bucket"]);
  });
  await knex.schema.withSchema(SCHEMA).createTable("circuit", (table) => {
    table.text("system").primary();
    table.integer("failures").notNullable().defaultTo(0).comment("in a row, of all sidecars");
    table.text("reason").comment("the last failure in words");
    table.timestamp("opened_at", { useTz: true }).comment("set while calls are stopped");
    table.timestamp("retry_at", { useTz: true }).comment("when one sidecar may try");
    table.text("probe_by").comment("the sidecar that is trying");
    table.timestamp("probe_until", { useTz: true }).comment("after this it has died trying");
  });
  // Rows that are written again and again stay in their page.
  for (const table of ["sidecar", "rate_bucket", "circuit"]) {
    await knex.raw("ALTER TABLE ??.?? SET (fillfactor = 50)", [SCHEMA, table]);
  }
  for (const statement of [TAKE, CIRCUIT_FAILED, CIRCUIT_PROBE, MEET]) await knex.raw(statement);
}

export async function down(knex: Knex): Promise<void> {
  for (const name of ["take", "circuit_failed", "circuit_probe", "meet"]) {
    await knex.raw("DROP FUNCTION ??.??", [SCHEMA, name]);
  }
  for (const table of ["circuit", "rate_bucket", "sidecar"]) {
    await knex.schema.withSchema(SCHEMA).dropTable(table);
  }
}
