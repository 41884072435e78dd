import { startPostgresWithOdooTemplate } from "../stack/database";
import { DURABLE } from "../stack/postgres/server";
import { terminalProgress } from "../stack/progress";
import { waitFor } from "../support/wait-for";
import { HubProcess, SINKS } from "./pipeline/hub";
import { BenchQueue } from "./pipeline/queue";
import { Sink } from "./pipeline/sink-process";
import type { Bench, BenchOptions, BenchResult } from "./report";

const EVENTS = 500;
const WARM_UP = 100;
const SYSTEM = "sink";
/** A notification for somebody else: the hub then finds the event by looking, as it does where notifications are lost. */
const SOMEBODY_ELSE = "nobody";
/** Mean time between two events that are found by looking; the hub looks each second by default. */
const SPACING_MS = 60;

/** How long after a user's commit the request reaches the vendor, one event at a time. */
export const latency: Bench = {
  name: "latency",
  title: "milliseconds from a commit in Odoo's database to the request at the sink, by notification and by polling",
  async run(options: BenchOptions): Promise<BenchResult> {
    const events = options.events ?? EVENTS;
    const progress = terminalProgress();
    const postgres = await startPostgresWithOdooTemplate({ progress, settings: DURABLE });
    const sink = await Sink.start();
    try {
      const queue = await BenchQueue.open(postgres, [SYSTEM]);
      const hub = await HubProcess.start({
        queueUrl: queue.roleUrl,
        systems: { [SYSTEM]: { base_url: sink.url } },
        mappings: SINKS,
      });
      try {
        const bench = new Latency(queue, sink);
        await progress.step("warming up", async () => bench.notified(WARM_UP));
        const notified = await progress.step("by notification", async () => bench.notified(events));
        const polled = await progress.step("by polling", async () => bench.polled(events));
        return {
          name: "latency",
          ratios: {},
          figures: { ...percentiles("", notified), ...percentiles("polling_", polled) },
        };
      } finally {
        await hub.stop();
        await queue.close();
      }
    } finally {
      await sink.stop();
      await postgres.stop();
    }
  },
};

class Latency {
  private record = 0;

  constructor(
    private readonly queue: BenchQueue,
    private readonly sink: Sink,
  ) {}

  /** Each event alone: the next one is committed when the one before has arrived. */
  async notified(events: number): Promise<number[]> {
    const committed = new Map<string, number>();
    await this.sink.reset({ noteArrivals: true });
    for (let sent = 1; sent <= events; sent += 1) {
      await this.commit(SYSTEM, committed);
      await waitFor("the event to arrive", async () => (await this.sink.state()).received >= sent, { everyMs: 2 });
      // not always at the same distance from the one before
      await pause(Math.random() * 10);
    }
    return this.waits(committed);
  }

  /** Events at random moments, which wait for the next look. */
  async polled(events: number): Promise<number[]> {
    const committed = new Map<string, number>();
    await this.sink.reset({ noteArrivals: true });
    for (let sent = 1; sent <= events; sent += 1) {
      await this.commit(SOMEBODY_ELSE, committed);
      await pause(Math.random() * SPACING_MS * 2);
    }
    await waitFor("all events to arrive", async () => (await this.sink.state()).received >= events);
    return this.waits(committed);
  }

  private async commit(notify: string, committed: Map<string, number>): Promise<void> {
    this.record += 1;
    committed.set(`res.partner,${this.record}`, await this.queue.change(SYSTEM, this.record, notify));
  }

  private async waits(committed: ReadonlyMap<string, number>): Promise<number[]> {
    const arrivals = await this.sink.arrivals();
    return [...committed].map(([key, at]) => (arrivals.get(key) ?? Number.NaN) - at);
  }
}

function percentiles(prefix: string, waits: readonly number[]): Record<string, number> {
  const sorted = [...waits].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { [`${prefix}p50_ms`]: at(0.5), [`${prefix}p95_ms`]: at(0.95), [`${prefix}p99_ms`]: at(0.99) };
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
