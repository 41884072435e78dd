import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "pg";
import type { Store } from "../../sandbox/store";

/** How long a held delivery lies there before the person comes to it. */
const AFTER_MS = 1_000;

interface Held extends Record<string, unknown> {
  id: number;
  system: string;
  lane: string;
  operation: string;
  /** The connector's object type, which the failure names. */
  type: string | null;
}

/**
 * Whoever looks after the deliveries whose outcome nobody could look up: opens the vendor's screens, and says in Odoo what
 * stands there. Both choices come up: some creates took effect, some did not.
 */
export class Person {
  linked = 0;
  sent = 0;
  private readonly seen = new Map<number, number>();
  private readonly stopped = new AbortController();
  private work: Promise<void> | null = null;

  constructor(
    private readonly odoo: Pool,
    private readonly store: Store,
  ) {}

  start(): void {
    this.work = this.run();
    // Awaited when the person stops.
    this.work.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.work;
  }

  private async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      for (const held of await this.held()) {
        const since = this.seen.get(held.id) ?? Date.now();
        this.seen.set(held.id, since);
        if (Date.now() - since < AFTER_MS) continue;
        this.seen.delete(held.id);
        await this.decide(held);
      }
      await delay(200, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  private async held(): Promise<Held[]> {
    const { rows } = await this.odoo.query<Held>(
      `SELECT d.id, s.code AS system, d.lane, d.operation, d.error_field AS type
       FROM integration_delivery d JOIN integration_system s ON s.id = d.system_id
       WHERE d.state = 'held' AND d.error_code = 'outcome_unknown'`,
    );
    return rows;
  }

  private async decide(held: Held): Promise<void> {
    const there = this.store
      .table(held.system, held.type ?? "")
      ?.live()
      .find((record) => record.fields["key"] === held.lane);
    if (there && held.operation !== "unlink") {
      const { rows } = await this.odoo.query<{ decided: boolean }>(
        "SELECT decided FROM integration_hub_private.decide_taken($1, $2, $3, NULL, 'Ann', NULL, 'It is there')",
        [held.id, held.type, there.id],
      );
      if (rows[0]?.decided) this.linked += 1;
      return;
    }
    // A record that was deleted in Odoo is removed by hand where it still stands.
    if (there) this.store.table(held.system, held.type ?? "")?.remove(there.id);
    const { rows } = await this.odoo.query(
      "SELECT integration_hub_private.decide_not_taken(ARRAY[$1::int], 'Ann', NULL, 'It is not there')",
      [held.id],
    );
    this.sent += rows.length;
  }
}
