import knex, { type Knex } from "knex";
import { HubError } from "../domain/errors";

/** Where our tables live: apart from whatever else the database holds. */
export const SCHEMA = "hub";

/** Opens the hub's own database. Nothing is connected yet. */
export function openStore(url: string): Knex {
  return knex({
    client: "pg",
    connection: {
      connectionString: url,
      application_name: "integration-hub store",
      // A server that says nothing must not hold up what runs by the clock: a job that waits for its tick runs no other.
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
      keepAlive: true,
    },
    pool: { min: 0, max: 4 },
    // It would write to the console. What goes wrong is thrown as well, and then stands in our log.
    log: { warn: ignore, error: ignore, deprecate: ignore, debug: ignore },
    acquireConnectionTimeout: 10_000,
  });
}

function ignore(): void {
  // said by whoever catches the error
}

/** What an error of the store means to a person. */
export function storeFault(thrown: unknown): HubError {
  if (thrown instanceof HubError) return thrown;
  return new HubError(
    {
      kind: "technical",
      code: "store_unreachable",
      message: `The hub's own database did not answer: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      hint: "Check store.url, that the database exists, and that its role may create a schema in it.",
      field: "store.url",
    },
    { cause: thrown },
  );
}
