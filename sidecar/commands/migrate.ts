import type { Config } from "../config/config";
import { HubError } from "../domain/errors";
import { openStore } from "../store/database";
import { migrate } from "../store/migrate";
import { EXIT } from "./exit-codes";

/** Brings the hub's own tables to this version; `hub serve` does the same at start. */
export async function migrateCommand(config: Config): Promise<number> {
  if (config.store.url === null) {
    throw new HubError({
      kind: "data",
      code: "config_missing_key",
      message: "There is no database to migrate.",
      hint: "Set store.url; without it the hub works without tables of its own.",
      field: "store.url",
    });
  }
  const store = openStore(config.store.url);
  try {
    const ran = await migrate(store);
    process.stdout.write(ran.length === 0 ? "up to date\n" : `ran ${ran.join(", ")}\n`);
    return EXIT.done;
  } finally {
    await store.destroy();
  }
}
