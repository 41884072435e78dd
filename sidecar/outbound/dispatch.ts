import { setMaxListeners } from "node:events";
import type { Connector, DeliverInput, DeliverResult } from "../connectors/connector";
import { isBackfill } from "../domain/priority";

interface Waiting {
  input: DeliverInput;
  /** Asked right before sending: a delivery whose lease is gone is not sent. */
  mayGo: () => boolean;
  resolve(result: DeliverResult | null): void;
  reject(reason: unknown): void;
}

/** What may go in one request: one type and operation, and live work apart from backfill, the most urgent first. */
interface Group {
  name: string;
  backfill: boolean;
  waiting: Waiting[];
}

/**
 * Puts documents into the connector's batches and keeps at most `concurrency` of them on the way. Batches fill by
 * themselves: what arrives while all requests are busy goes together in the next one, and nothing waits for company
 * while one is free. The lowest priority number goes first, and backfill never has more than half of the requests.
 */
export class Dispatch {
  private readonly groups = new Map<string, Group>();
  private active = 0;
  private activeBackfill = 0;
  /** Requests that backfill may use at a time: half, and one where there is only one. */
  private readonly backfillConcurrency: number;
  private readonly halted = new AbortController();
  private starting = false;

  constructor(
    private readonly connector: Pick<Connector, "deliver" | "batchSize">,
    private readonly concurrency: number,
    private readonly signal: AbortSignal,
  ) {
    this.backfillConcurrency = Math.max(1, Math.floor(concurrency / 2));
    // Every waiting delivery and every request listens.
    setMaxListeners(0, signal, this.halted.signal);
  }

  /** Requests on the way. */
  get busy(): number {
    return this.active;
  }

  /** Sends nothing more; what is on the way is still answered. */
  halt(): void {
    this.halted.abort();
    this.start();
  }

  /** The connector's answer; null when `mayGo` said no or everything was halted, and nothing was sent. */
  send(input: DeliverInput, mayGo: () => boolean): Promise<DeliverResult | null> {
    return new Promise((resolve, reject) => {
      const { name, backfill } = groupOf(input);
      let group = this.groups.get(name);
      if (!group) this.groups.set(name, (group = { name, backfill, waiting: [] }));
      lineUp(group.waiting, { input, mayGo, resolve, reject });
      // Everything of one claim is lined up before the first batch is cut.
      if (!this.starting) queueMicrotask(() => this.start());
      this.starting = true;
    });
  }

  private start(): void {
    this.starting = false;
    for (let next = this.nextBatch(); next; next = this.nextBatch()) {
      this.active += 1;
      if (next.backfill) this.activeBackfill += 1;
      void this.deliver(next.batch, next.backfill);
    }
  }

  /** The next batch there is room for; null when there is none. */
  private nextBatch(): { batch: Waiting[]; backfill: boolean } | null {
    for (;;) {
      const group = this.nextGroup();
      const first = group?.waiting[0];
      if (!group || !first) return null;
      const size = Math.max(1, this.connector.batchSize(first.input.type, first.input.operation));
      const batch = group.waiting.splice(0, size);
      // Put back at the end, so that among equals one type of record does not starve another.
      this.groups.delete(group.name);
      if (group.waiting.length > 0) this.groups.set(group.name, group);
      const going = batch.filter((entry) => this.goes(entry));
      // Where every lease of the batch was gone, look at the next one.
      if (going.length > 0) return { batch: going, backfill: group.backfill };
    }
  }

  /** The group whose first entry has the lowest priority number, among those that have a request to spare. */
  private nextGroup(): Group | null {
    // Halted, the queue runs dry at once, whatever is on the way.
    const halted = this.halted.signal.aborted;
    if (!halted && this.active >= this.concurrency) return null;
    const backfillToo = halted || this.activeBackfill < this.backfillConcurrency;
    let next: Group | null = null;
    for (const group of this.groups.values()) {
      if (group.backfill && !backfillToo) continue;
      if (next === null || priorityOf(group) < priorityOf(next)) next = group;
    }
    return next;
  }

  private goes(entry: Waiting): boolean {
    if (!this.halted.signal.aborted && !this.signal.aborted && entry.mayGo()) return true;
    entry.resolve(null);
    return false;
  }

  private async deliver(batch: Waiting[], backfill: boolean): Promise<void> {
    try {
      const results = await this.connector.deliver(
        batch.map((entry) => entry.input),
        this.signal,
      );
      batch.forEach((entry, index) => {
        const result = results[index];
        if (result) entry.resolve(result);
        else entry.reject(new Error("The connector answered for fewer records than it was given."));
      });
    } catch (thrown) {
      for (const entry of batch) entry.reject(thrown);
    } finally {
      this.active -= 1;
      if (backfill) this.activeBackfill -= 1;
      this.start();
    }
  }
}

function groupOf({ operation, type, priority }: DeliverInput): { name: string; backfill: boolean } {
  const backfill = isBackfill(priority);
  return { name: `${backfill ? "backfill " : ""}${operation} ${type}`, backfill };
}

/** Behind all of the same or a lower number. A claim comes in this order already, so this looks at the end. */
function lineUp(waiting: Waiting[], entry: Waiting): void {
  let place = waiting.length;
  while (place > 0 && (waiting[place - 1]?.input.priority ?? 0) > entry.input.priority) place -= 1;
  if (place === waiting.length) waiting.push(entry);
  else waiting.splice(place, 0, entry);
}

function priorityOf(group: Group): number {
  return group.waiting[0]?.input.priority ?? 0;
}
