import type { BucketUse } from "../domain/shared-state";
import type { Connector, ConnectorHealth, DeliverInput, DeliverResult } from "./connector";
import type { Comparison } from "./read";
import type { RecordSource } from "./record-source";

/** A connector and the calls that are on the way in it. */
interface InUse {
  connector: Connector;
  calls: number;
}

/**
 * A connected system whose settings may change while it is in use: the next call goes to the newest connector, and the one
 * before is closed when its last call has ended.
 */
export class AdjustableConnector implements Connector {
  private current: InUse;

  /** @param concurrency the most that any settings allow; the connector in use keeps to its own */
  constructor(
    first: Connector,
    readonly concurrency: number,
  ) {
    this.current = { connector: first, calls: 0 };
  }

  get code(): string {
    return this.current.connector.code;
  }

  get largestBatch(): number {
    return this.current.connector.largestBatch;
  }

  get blind(): boolean {
    return this.current.connector.blind;
  }

  /** A read that is cut off by a replacement fails for a moment only, and is done again. */
  get source(): RecordSource {
    return this.current.connector.source;
  }

  /** From now on this one. */
  async replace(next: Connector): Promise<void> {
    const former = this.current;
    this.current = { connector: next, calls: 0 };
    if (former.calls === 0) await former.connector.close();
  }

  async deliver(inputs: DeliverInput[], signal: AbortSignal): Promise<DeliverResult[]> {
    const used = this.enter();
    try {
      return await used.connector.deliver(inputs, signal);
    } finally {
      this.leave(used);
    }
  }

  async compare(input: DeliverInput, signal: AbortSignal): Promise<Comparison | null> {
    const used = this.enter();
    try {
      return await used.connector.compare(input, signal);
    } finally {
      this.leave(used);
    }
  }

  batchSize(type: string, operation: DeliverInput["operation"]): number {
    return this.current.connector.batchSize(type, operation);
  }

  async check(): Promise<void> {
    const used = this.enter();
    try {
      await used.connector.check();
    } finally {
      this.leave(used);
    }
  }

  health(): ConnectorHealth {
    return this.current.connector.health();
  }

  limits(): BucketUse[] {
    return this.current.connector.limits();
  }

  async close(): Promise<void> {
    await this.current.connector.close();
  }

  private enter(): InUse {
    const used = this.current;
    used.calls += 1;
    return used;
  }

  private leave(used: InUse): void {
    used.calls -= 1;
    if (used.calls === 0 && used !== this.current) void used.connector.close();
  }
}
