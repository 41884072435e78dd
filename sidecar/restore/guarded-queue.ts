import type { Knex } from "knex";
import type { Logger } from "pino";
import type { ClaimedDelivery, Settlement } from "../domain/delivery";
import { HubError } from "../domain/errors";
import type { Claim, KnownLink, Queue, Settled } from "../odoo/queue";
import { LinkLedger } from "./ledger";
import { Marks } from "./marks";

/** Between two looks while the same connections last; a restore replaces them all, and is seen at once. */
const LOOK_EVERY_MS = 5_000;
/** Links reported in one call. */
const LINKS_A_REPORT = 1_000;
/** A delivery that was claimed and never settled here is forgotten after so long. */
const FORGET_MS = 3_600_000;

/**
 * The queue, except that nothing is claimed from a database that went back in time (RES-15): it does not know what was
 * sent since, and would send it again. A mark in Odoo's database moves on with every look; when it is behind what was
 * seen before, every system stops, and Odoo shows what to re-check. Settled links are noted beside Odoo for that report.
 */
export function guardQueue(inner: Queue, store: Knex | null, log: Logger): Queue {
  const guard = new RestoreGuard(inner, store, log);
  // Everything else is the queue's own.
  return Object.assign(Object.create(inner) as Queue, {
    claim: guard.claim.bind(guard),
    settle: guard.settle.bind(guard),
    close: guard.close.bind(guard),
  });
}

class RestoreGuard {
  private readonly marks: Marks;
  private readonly ledger: LinkLedger | null;
  private readonly claimed = new Map<number, { system: string; delivery: ClaimedDelivery; at: number }>();
  private databaseUuid: string | null = null;
  private lookedAt = 0;
  private connections = -1;
  private looking: Promise<void> | null = null;
  private reported = false;

  constructor(
    private readonly queue: Queue,
    store: Knex | null,
    private readonly log: Logger,
  ) {
    this.marks = new Marks(store, log);
    this.ledger = store ? new LinkLedger(store, log) : null;
  }

  async claim(...args: Parameters<Queue["claim"]>): Promise<Claim> {
    if (this.mustLook()) await this.look();
    const claim = await this.queue.claim(...args);
    // The claim itself may have opened the first connection to another database; what it took then runs out unsent.
    if (this.queue.connections !== this.connections) await this.look();
    const [, system] = args;
    for (const delivery of claim.claimed) this.claimed.set(delivery.id, { system, delivery, at: Date.now() });
    return claim;
  }

  async settle(worker: string, settlements: Settlement[]): Promise<Settled[]> {
    const settled = await this.queue.settle(worker, settlements);
    const accepted = new Set(settled.filter((answer) => answer.accepted).map(({ id }) => id));
    this.note(settlements.filter(({ id }) => accepted.has(id)));
    for (const { id, outcome } of settlements) if (outcome !== "applied") this.claimed.delete(id);
    return settled;
  }

  async close(): Promise<void> {
    await this.ledger?.close();
    await this.queue.close();
  }

  private mustLook(): boolean {
    return this.queue.connections !== this.connections || Date.now() - this.lookedAt > LOOK_EVERY_MS;
  }

  /** One look at a time, for all systems. Throws `odoo_restored` until somebody re-arms the database in Odoo. */
  private async look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => (this.looking = null));
    await this.looking;
  }

  private async lookOnce(): Promise<void> {
    this.databaseUuid ??= (await this.queue.identity()).databaseUuid;
    const { hub, counter } = await this.marks.remembered(this.databaseUuid);
    const mark = await this.queue.mark(hub, counter);
    if (!mark.accepted) await this.refuse(hub, counter, mark.counter);
    this.reported = false;
    await this.marks.remember(this.databaseUuid, mark.counter);
    this.lookedAt = Date.now();
    this.connections = this.queue.connections;
    for (const [id, { at }] of this.claimed) if (Date.now() - at > FORGET_MS) this.claimed.delete(id);
  }

  private async refuse(hub: string, expected: number, found: number): Promise<never> {
    if (!this.reported) {
      this.log.error(
        { expected, found },
        "Odoo's database was restored from a backup: nothing is sent until it is re-armed",
      );
      await this.queue.reportRestore(hub, expected, []);
      const links = (await this.ledger?.recent(this.databaseUuid ?? "")) ?? [];
      for (let from = 0; from < links.length; from += LINKS_A_REPORT)
        await this.queue.reportRestore(hub, expected, links.slice(from, from + LINKS_A_REPORT));
      this.reported = true;
    }
    throw new HubError({
      kind: "policy",
      code: "odoo_restored",
      message: "Odoo's database went back in time: it was restored from a backup. Nothing is sent to any system.",
      hint: "Open Integration Hub, Operations, Restores in Odoo: re-link what the backup does not know, then re-arm.",
      field: "odoo",
    });
  }

  private note(settlements: readonly Settlement[]): void {
    if (!this.ledger || this.databaseUuid === null) return;
    const links: KnownLink[] = [];
    for (const { id, outcome, link } of settlements) {
      const known = this.claimed.get(id);
      if (!known || !link || (outcome !== "delivered" && outcome !== "applied")) continue;
      const { lane, object, eventId } = known.delivery;
      links.push({
        system: known.system,
        lane,
        type: link.type,
        externalId: link.externalId,
        url: link.url,
        object,
        fingerprint: link.fingerprint,
        deliveryId: id,
        eventId,
        removed: link.removed ?? false,
        settledAt: new Date(),
      });
    }
    if (links.length > 0) this.ledger.note(this.databaseUuid, links);
  }
}
