import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Connector, DeliverInput, DeliverResult } from "../connectors/connector";

interface Waiting {
  input: DeliverInput;
  /** Asked right before sending: a delivery whose lease is gone is not sent. */
  mayGo: () => boolean;
  resolve(result: DeliverResult | null): void;
  reject(reason: unknown): void;
}

/**
 * Puts documents into the connector's batches and keeps at most `concurrency` of them on the way. Batches fill by
 * themselves: what arrives while all requests are busy goes together in the next one, and nothing waits for company
 * while one is free.
 */
export class Dispatch {
  private readonly groups = new Map<string, Waiting[]>();
  private active = 0;
  private readonly halted = new AbortController();

  constructor(
    private readonly connector: Pick<Connector, "deliver" | "batchSize">,
    private readonly concurrency: number,
    private readonly signal: AbortSignal,
  ) {
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

  /** Lets time pass before the same is sent again; false when everything was halted meanwhile. */
  async patience(milliseconds: number): Promise<boolean> {
    return delay(milliseconds, true, { signal: this.halted.signal }).catch(() => false);
  }

  /** The connector's answer; null when `mayGo` said no or everything was halted, and nothing was sent. */
  async send(input: DeliverInput, mayGo: () => boolean): Promise<DeliverResult | null> {
    return new Promise((resolve, reject) => {
      const group = `${input.operation} ${input.type}`;
      const waiting = this.groups.get(group);
      const entry = { input, mayGo, resolve, reject };
      if (waiting) waiting.push(entry);
      else this.groups.set(group, [entry]);
      // Everything of one claim is lined up before the first batch is cut.
      queueMicrotask(() => this.start());
    });
  }

  private start(): void {
    // Halted, the queue runs dry at once, whatever is on the way.
    while (this.halted.signal.aborted || this.active < this.concurrency) {
      const batch = this.nextBatch();
      if (batch.length === 0) return;
      this.active += 1;
      void this.deliver(batch).finally(() => {
        this.active -= 1;
        this.start();
      });
    }
  }

  private nextBatch(): Waiting[] {
    for (const [group, waiting] of this.groups) {
      const first = waiting[0];
      // Taken out and put back at the end, so that one type of record does not starve another.
      this.groups.delete(group);
      if (!first) continue;
      const size = Math.max(1, this.connector.batchSize(first.input.type, first.input.operation));
      const batch = waiting.splice(0, size);
      if (waiting.length > 0) this.groups.set(group, waiting);
      const going = batch.filter((entry) => this.goes(entry));
      if (going.length > 0) return going;
      // Every lease of this batch was gone: look at the next one.
      return this.nextBatch();
    }
    return [];
  }

  private goes(entry: Waiting): boolean {
    if (!this.halted.signal.aborted && !this.signal.aborted && entry.mayGo()) return true;
    entry.resolve(null);
    return false;
  }

  private async deliver(batch: Waiting[]): Promise<void> {
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
    }
  }
}
