import type { Knex } from "knex";
import type { Logger } from "pino";
import type { Connection } from "../connections";
import type { Release } from "../mapping/registry";
import type { Queue } from "../odoo/queue";
import type { RecordClient } from "../odoo/record-client";
import type { Metrics } from "../telemetry/metrics";
import { Inbox } from "./inbox";
import { OdooInbound } from "./odoo-inbound";
import { InboundRecords } from "./records";
import { InboundWorker } from "./worker";

export interface InboundParts {
  connections: readonly Connection[];
  store: Knex;
  records: RecordClient;
  queue: Queue;
  release: () => Release;
  metrics: Metrics;
  log: Logger;
}

/** How long notices that are done with are kept: no vendor repeats one after so long. */
const KEEP_DAYS = 30;

/** What other systems say arrives in Odoo: one worker for each connection whose records can be fetched. */
export class Inbound {
  readonly workers: InboundWorker[];
  readonly inbox: Inbox;

  constructor(private readonly parts: InboundParts) {
    const { connections, store, records, queue, release, metrics, log } = parts;
    const inbox = new Inbox(store);
    this.inbox = inbox;
    this.workers = connections
      .filter(({ connector }) => connector.source.fetchable.length > 0)
      .map((connection) => {
        const { code } = connection.config;
        return new InboundWorker({
          connection,
          records: new InboundRecords(store, code),
          inbox,
          odoo: new OdooInbound(records, code),
          queue,
          release,
          metrics,
          log,
        });
      });
  }

  start(): void {
    for (const worker of this.workers) worker.start();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await Promise.all(this.workers.map(async (worker) => worker.stop(deadline)));
  }

  /** Notices of a system were kept. */
  notify(system: string): void {
    this.workers.find((worker) => worker.system === system)?.notify();
  }

  /** Odoo has something to be read again, of any system. */
  askOdoo(): void {
    for (const worker of this.workers) worker.askOdoo();
  }

  /** Deletes what is no longer needed to know a repeated notice. */
  async forget(): Promise<void> {
    await this.inbox.forget(KEEP_DAYS);
  }

  async refreshMetrics(): Promise<void> {
    for (const { system } of this.workers) {
      const { open, oldestSeconds } = await new InboundRecords(this.parts.store, system).backlog();
      this.parts.metrics.inboxDepth.set({ system }, open);
      this.parts.metrics.inboxAge.set({ system }, oldestSeconds);
    }
  }
}
