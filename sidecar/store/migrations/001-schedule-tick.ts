import type { Knex } from "knex";
import { SCHEMA } from "../database";

/** One row per tick of a scheduled job; whoever inserts it runs the job (`sidecar/schedules/ticks.ts`). */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).createTable("schedule_tick", (table) => {
    table.text("job").notNullable();
    table.timestamp("tick_at", { useTz: true }).notNullable();
    table.text("worker").notNullable();
    table.timestamp("claimed_at", { useTz: true }).notNullable().defaultTo(knex.fn.now());
    table.primary(["job", "tick_at"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.withSchema(SCHEMA).dropTable("schedule_tick");
}
