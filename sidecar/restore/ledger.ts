import type { Knex } from "knex";
import type { Logger } from "pino";
import { toFailure } from "../domain/errors";
import type { KnownLink } from "../odoo/queue";
import { knownLinkToJson } from "../odoo/queue-rows";
import { SCHEMA, storeFault } from "../store/database";

/** Older than this, a restore is no accident of the day; docs/operations/runbooks.md says what to do then. */
const KEEP = "30 days";
/** Kept in memory while the store is away; beyond that the oldest are forgotten. */
const MOST_BUFFERED = 20_000;
const ROWS_A_WRITE = 500;
const TABLE = "link_ledger";

/**
 * The identities that records got in other systems lately, beside Odoo: what a restored database has forgotten. Written
 * after each settle without anybody waiting for it; a store that is away never holds up a delivery.
 */
export class LinkLedger {
  private readonly buffer = new Map<string, KnownLink>();
  private writing: Promise<void> | null = null;
  private warned = false;
  private lastPruned = 0;

  constructor(
    private readonly store: Knex,
    private readonly log: Logger,
  ) {}

  note(databaseUuid: string, links: readonly KnownLink[]): void {
    for (const link of links) this.buffer.set(`${link.system} ${link.lane} ${link.type}`, link);
    for (const key of this.buffer.keys()) {
      if (this.buffer.size <= MOST_BUFFERED) break;
      this.buffer.delete(key);
    }
    this.writing ??= this.write(databaseUuid).finally(() => (this.writing = null));
  }

  /** All of a database, the newest first. */
  async recent(databaseUuid: string): Promise<KnownLink[]> {
    const rows = await this.store(TABLE)
      .withSchema(SCHEMA)
      .where("database_uuid", databaseUuid)
      .orderBy("settled_at", "desc")
      .select<
        {
          system: string;
          lane: string;
          type: string;
          external_id: string;
          url: string | null;
          object: string;
          fingerprint: string | null;
          delivery_id: number;
          event_id: number;
          removed: boolean;
          settled_at: Date;
        }[]
      >("*")
      .catch((thrown: unknown) => {
        throw storeFault(thrown);
      });
    return rows.map((row) => ({
      system: row.system,
      lane: row.lane,
      type: row.type,
      externalId: row.external_id,
      url: row.url,
      object: row.object,
      fingerprint: row.fingerprint,
      deliveryId: row.delivery_id,
      eventId: row.event_id,
      removed: row.removed,
      settledAt: row.settled_at,
    }));
  }

  /** What is buffered is written, unless the store is away. */
  async close(): Promise<void> {
    await this.writing;
  }

  private async write(databaseUuid: string): Promise<void> {
    while (this.buffer.size > 0) {
      const batch = [...this.buffer].slice(0, ROWS_A_WRITE);
      try {
        await this.insert(
          databaseUuid,
          batch.map(([, link]) => link),
        );
      } catch (thrown) {
        if (!this.warned) {
          const { code, message } = toFailure(storeFault(thrown));
          this.log.warn(
            { error_code: code, reason: message },
            "links are not noted beside Odoo until the store is back",
          );
        }
        this.warned = true;
        return; // the next settle tries again
      }
      this.warned = false;
      // Noted again meanwhile: the newer one still has to be written.
      for (const [key, link] of batch) if (this.buffer.get(key) === link) this.buffer.delete(key);
    }
  }

  private async insert(databaseUuid: string, links: KnownLink[]): Promise<void> {
    const rows = links.map((link) => ({ database_uuid: databaseUuid, ...knownLinkToJson(link) }));
    await this.store(TABLE)
      .withSchema(SCHEMA)
      .insert(rows)
      .onConflict(["database_uuid", "system", "lane", "type"])
      .merge();
    if (Date.now() - this.lastPruned < 3_600_000) return;
    this.lastPruned = Date.now();
    await this.store(TABLE).withSchema(SCHEMA).whereRaw("settled_at < now() - ?::interval", [KEEP]).delete();
  }
}
