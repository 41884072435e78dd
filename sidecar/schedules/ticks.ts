import type { Knex } from "knex";
import { SCHEMA, storeFault } from "../store/database";

/** Decides which of several sidecars runs a tick of a job. */
export interface Ticks {
  /** True for exactly one caller per job and tick. */
  claim(job: string, tickAt: Date): Promise<boolean>;
}

/** How long claimed ticks are kept, for a person who wonders whether a job ran. */
const KEEP = "7 days";

/** Ticks claimed in the hub's database: the insert that succeeds wins. */
export class StoredTicks implements Ticks {
  constructor(
    private readonly store: Knex,
    private readonly worker: string,
  ) {}

  async claim(job: string, tickAt: Date): Promise<boolean> {
    try {
      const won = await this.store("schedule_tick")
        .withSchema(SCHEMA)
        .insert({ job, tick_at: tickAt, worker: this.worker })
        .onConflict(["job", "tick_at"])
        .ignore()
        .returning("job");
      if (won.length === 0) return false;
      await this.store("schedule_tick")
        .withSchema(SCHEMA)
        .where("job", job)
        .whereRaw("claimed_at < now() - ?::interval", [KEEP])
        .delete();
      return true;
    } catch (thrown) {
      throw storeFault(thrown);
    }
  }
}

/** Without a database of its own a sidecar is alone and runs every tick. Jobs stay harmless when two of them are. */
export const everyTick: Ticks = { claim: () => Promise.resolve(true) };
