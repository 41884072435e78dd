import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Logger } from "pino";
import { toFailure } from "../domain/errors";
import { SCHEMA, storeFault } from "../store/database";

export interface Mark {
  /** Whose mark it is: sidecars that share a store share it. */
  hub: string;
  counter: number;
}

const TABLE = "odoo_mark";

/**
 * How far the mark in Odoo's database had come when it was last seen. In the store it outlives the process; without a
 * store, or while it does not answer, a sidecar remembers what it has seen itself.
 */
export class Marks {
  private seen: Mark = { hub: randomUUID(), counter: 0 };
  private warned = false;

  constructor(
    private readonly store: Knex | null,
    private readonly log: Logger,
  ) {}

  async remembered(databaseUuid: string): Promise<Mark> {
    const stored = await this.ask(async (store) => {
      await store(TABLE)
        .withSchema(SCHEMA)
        .insert({ database_uuid: databaseUuid, hub: this.seen.hub, counter: 0 })
        .onConflict("database_uuid")
        .ignore();
      return store(TABLE)
        .withSchema(SCHEMA)
        .where("database_uuid", databaseUuid)
        .first<{ hub: string; counter: string }>("hub", "counter");
    });
    if (!stored) return this.seen;
    const counter = Number(stored.counter);
    this.seen = {
      hub: stored.hub,
      counter: stored.hub === this.seen.hub ? Math.max(counter, this.seen.counter) : counter,
    };
    return this.seen;
  }

  async remember(databaseUuid: string, counter: number): Promise<void> {
    this.seen = { ...this.seen, counter: Math.max(counter, this.seen.counter) };
    await this.ask(async (store) =>
      store(TABLE)
        .withSchema(SCHEMA)
        .where("database_uuid", databaseUuid)
        .update({ counter: store.raw("greatest(counter, ?)", [counter]), marked_at: store.fn.now() }),
    );
  }

  private async ask<Answer>(question: (store: Knex) => Promise<Answer>): Promise<Answer | null> {
    if (!this.store) return null;
    try {
      const answer = await question(this.store);
      this.warned = false;
      return answer;
    } catch (thrown) {
      const { code, message } = toFailure(storeFault(thrown));
      if (!this.warned) this.log.warn({ error_code: code, reason: message }, "the mark is kept in memory meanwhile");
      this.warned = true;
      return null;
    }
  }
}
