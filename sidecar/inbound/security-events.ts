import type { Knex } from "knex";
import type { Logger } from "pino";
import type { Metrics } from "../telemetry/metrics";
import { SCHEMA } from "../store/database";

/** What was refused at the door. */
export type SecurityReason =
  | "bad_signature"
  | "no_signature"
  | "stale"
  | "secret_not_set"
  | "too_large"
  | "too_frequent"
  | "malformed"
  | "handshake"
  | "unknown_system";

/** How often what is counted meanwhile is written: a flood of refused calls costs one row and one line an interval. */
const WRITE_EVERY_MS = 1_000;

/**
 * Calls that were refused, counted by system, reason and hour, so that a thousand forged calls are one event and not a thousand (SEC-11).
 * The caller never waits for it, and it keeps nothing of what was sent.
 */
export class SecurityEvents {
  private readonly counts = new Map<
    string,
    { system: string; reason: SecurityReason; sender: string; count: number }
  >();
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Knex,
    private readonly log: Logger,
    private readonly metrics?: Pick<Metrics, "refused">,
  ) {}

  /** `sender`: the address it came from; the last one is kept. */
  note(system: string, reason: SecurityReason, sender: string): void {
    this.metrics?.refused.inc({ system, reason });
    const key = `${system} ${reason}`;
    const count = (this.counts.get(key)?.count ?? 0) + 1;
    this.counts.set(key, { system, reason, sender, count });
    this.timer ??= setTimeout(() => this.write(), WRITE_EVERY_MS).unref();
  }

  /** Writes what is counted. */
  async flush(): Promise<void> {
    this.write();
    await this.writing;
  }

  private write(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const counted = [...this.counts.values()];
    this.counts.clear();
    if (counted.length === 0) return;
    this.writing = this.writing
      .then(() => this.add(counted))
      .catch((thrown: unknown) => {
        this.log.warn({ err: thrown }, "refused calls could not be counted");
      });
  }

  private async add(
    counted: readonly { system: string; reason: SecurityReason; sender: string; count: number }[],
  ): Promise<void> {
    const { rows } = await this.store.raw<{
      rows: { system: string; reason: string; count: number; fresh: boolean }[];
    }>(
      `INSERT INTO ${SCHEMA}.security_event AS e (system, reason, hour, count, sender)
       SELECT n.system, n.reason, date_trunc('hour', now()), n.count, n.sender
       FROM jsonb_to_recordset(?::jsonb) AS n(system text, reason text, count integer, sender text)
       ON CONFLICT (system, reason, hour) DO UPDATE
         SET count = e.count + excluded.count, sender = excluded.sender, last_at = now()
       RETURNING system, reason, count, xmax = 0 AS fresh`,
      [JSON.stringify(counted)],
    );
    for (const { system, reason, count, fresh } of rows) {
      if (fresh) this.log.warn({ system, reason, count }, "security event: calls from outside are refused");
    }
  }
}

/** Deletes counts that Odoo was told of, once their hour is so many days ago. */
export async function forgetRefused(store: Knex, days: number): Promise<void> {
  await store("security_event")
    .withSchema(SCHEMA)
    .whereRaw("count <= told AND hour < now() - make_interval(days => ?)", [days])
    .delete();
}
