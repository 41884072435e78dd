import type { Knex } from "knex";
import { HubError } from "../domain/errors";
import { SCHEMA, storeFault } from "./database";
import { MIGRATIONS, type Migration } from "./migrations";

/** Any number, the same in every sidecar: who holds it migrates, the others wait. */
const MIGRATION_LOCK = 7_305_001;
const TABLE = "migration";

/**
 * Brings the tables to this version and answers the names of the migrations it ran. Several processes may start at
 * once: one migrates, the rest wait and find nothing to do. Throws `store_newer` when the tables belong to a later
 * version of the hub, and `store_unreachable`.
 */
export async function migrate(store: Knex, migrations: readonly Migration[] = MIGRATIONS): Promise<string[]> {
  try {
    // The lock belongs to the transaction, so that a killed process cannot leave it behind.
    return await store.transaction(async (transaction) => {
      await transaction.raw("SELECT pg_advisory_xact_lock(?)", [MIGRATION_LOCK]);
      await transaction.raw("CREATE SCHEMA IF NOT EXISTS ??", [SCHEMA]);
      await refuseNewer(transaction, migrations);
      const [, ran] = (await transaction.migrate.latest({
        migrationSource: {
          getMigrations: async () => Promise.resolve(migrations.map((migration) => migration.name)),
          getMigrationName: (name: string) => name,
          getMigration: async (name: string) => Promise.resolve(byName(migrations, name)),
        },
        schemaName: SCHEMA,
        tableName: TABLE,
      })) as [number, string[]];
      return ran;
    });
  } catch (thrown) {
    throw storeFault(thrown);
  }
}

/** Names that are in the database and not in this version. */
async function refuseNewer(transaction: Knex.Transaction, migrations: readonly Migration[]): Promise<void> {
  if (!(await transaction.schema.withSchema(SCHEMA).hasTable(TABLE))) return;
  const applied = await transaction<{ name: string }>(TABLE).withSchema(SCHEMA).select("name");
  const unknown = applied.map((row) => row.name).filter((name) => !migrations.some((known) => known.name === name));
  if (unknown.length === 0) return;
  throw new HubError({
    kind: "data",
    code: "store_newer",
    message: `The hub's database belongs to a later version of the hub (it holds ${unknown.join(", ")}).`,
    hint: "Start the version that made it, or a later one.",
    field: "store.url",
  });
}

function byName(migrations: readonly Migration[], name: string): Migration {
  const migration = migrations.find((candidate) => candidate.name === name);
  if (!migration) throw new Error(`unknown migration ${name}`);
  return migration;
}
