import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { startPostgresWithOdooTemplate } from "../stack/database";
import { terminalProgress } from "../stack/progress";
import { median } from "./median";
import { recordIds } from "./pipeline/events";
import { HubProcess, SINKS } from "./pipeline/hub";
import { BenchQueue } from "./pipeline/queue";
import { Sink } from "./pipeline/sink-process";
import type { Bench, BenchOptions, BenchResult } from "./report";

const SYSTEM = "sink";
const EVENTS = 1_000_000;
/** Events that wait, more than the sidecar ever holds. */
const AHEAD = 20_000;
const FILL = 5_000;
const SAMPLE_MS = 1_000;
/** How long the target takes to answer while it stalls: less than the connector waits for an answer, so that nothing fails. */
const STALL_MS = 20_000;
/** The same where only a handful of events go through, to see that it works. */
const SHORT_STALL_MS = 3_000;
const SHORT_AHEAD = 3_000;
/** Without an event ended for so long, the run has failed. */
const PATIENCE_MS = 120_000;

interface Sample {
  /** Share of the events that have ended, 0 to 1. */
  share: number;
  rssMb: number;
}

/** Whether the sidecar's memory stays the same however much it carries, and when its target stops answering. */
export const soak: Bench = {
  name: "soak",
  title: "memory of the sidecar after a million events ÷ after a tenth of them; and while the target stalls ÷ before",
  async run(options: BenchOptions): Promise<BenchResult> {
    const events = options.events ?? EVENTS;
    const [stallMs, waiting] = events < AHEAD ? [SHORT_STALL_MS, SHORT_AHEAD] : [STALL_MS, AHEAD];
    const progress = terminalProgress();
    const postgres = await startPostgresWithOdooTemplate({ progress });
    const sink = await Sink.start();
    const queue = await BenchQueue.open(postgres, [SYSTEM]);
    const hub = await HubProcess.start({
      queueUrl: queue.roleUrl,
      mappings: SINKS,
      systems: { [SYSTEM]: { base_url: sink.url } },
    });
    try {
      const run = new Soak(queue, sink, hub.pid, events);
      const samples = await progress.step(`${events} events`, async () => run.carry());
      const stalled = await progress.step(`the target stalls for ${stallMs / 1000} s`, async () =>
        run.stall(stallMs, waiting),
      );
      return resultOf(samples, stalled, run.seconds, events);
    } finally {
      await hub.stop();
      await queue.close();
      await sink.stop();
      await postgres.stop();
    }
  },
};

interface Stalled {
  beforeMb: number;
  /** The most while the target did not answer. */
  duringMb: number;
  /** Deliveries claimed and not ended: the most, and how many waited unclaimed at that time. */
  held: number;
  waiting: number;
}

class Soak {
  seconds = 0;
  private next = 1;

  constructor(
    private readonly queue: BenchQueue,
    private readonly sink: Sink,
    private readonly pid: number,
    private readonly events: number,
  ) {}

  /** Keeps the queue filled until all events have ended, and looks at the sidecar's memory each second. */
  async carry(): Promise<Sample[]> {
    const samples: Sample[] = [];
    await this.sink.reset();
    const begun = performance.now();
    let [moved, last] = [begun, 0];
    for (;;) {
      const { received } = await this.sink.state();
      if (received > last) [moved, last] = [performance.now(), received];
      if (performance.now() - moved > PATIENCE_MS) throw new Error(`Nothing arrives since ${received} events.`);
      samples.push({ share: received / this.events, rssMb: rssMb(this.pid) });
      if (received >= this.events) break;
      const filled = await this.fill(received);
      if (!filled) await delay(SAMPLE_MS);
    }
    while ((await this.queue.open()) > 0) await delay(50);
    this.seconds = (performance.now() - begun) / 1000;
    return samples;
  }

  /** The target takes requests and does not answer: what is held and what memory is used meanwhile. */
  async stall(stallMs: number, waiting: number): Promise<Stalled> {
    const beforeMb = rssMb(this.pid);
    await this.sink.reset({ delayMs: stallMs });
    await this.queue.fill(SYSTEM, recordIds(this.next, waiting));
    const stalled: Stalled = { beforeMb, duringMb: 0, held: 0, waiting: 0 };
    const until = performance.now() + stallMs * 0.75;
    while (performance.now() < until) {
      await delay(250);
      stalled.duringMb = Math.max(stalled.duringMb, rssMb(this.pid));
      const held = await this.count("processing");
      if (held > stalled.held) Object.assign(stalled, { held, waiting: await this.count("pending") });
    }
    await this.sink.reset();
    while ((await this.queue.open()) > 0) await delay(100);
    return stalled;
  }

  private async fill(received: number): Promise<boolean> {
    const left = this.events - (this.next - 1);
    if (left <= 0 || this.next - 1 - received > AHEAD) return false;
    const count = Math.min(FILL, left);
    await this.queue.fill(SYSTEM, recordIds(this.next, count));
    this.next += count;
    return true;
  }

  private async count(state: string): Promise<number> {
    const { rows } = await this.queue.owner.query<{ n: string }>(
      "SELECT count(*) AS n FROM integration_delivery WHERE state = $1",
      [state],
    );
    return Number(rows[0]?.n ?? 0);
  }
}

function resultOf(samples: readonly Sample[], stalled: Stalled, seconds: number, events: number): BenchResult {
  const [tenth, half, end] = [at(samples, 0.1), at(samples, 0.5), at(samples, 1)];
  return {
    name: "soak",
    ratios: { rss_growth: end / tenth, rss_stalled: stalled.duringMb / stalled.beforeMb },
    figures: {
      events,
      seconds,
      events_per_second: events / seconds,
      rss_10_percent_mb: tenth,
      rss_50_percent_mb: half,
      rss_100_percent_mb: end,
      rss_most_mb: Math.max(...samples.map(({ rssMb: size }) => size)),
      rss_stalled_mb: stalled.duringMb,
      stalled_held: stalled.held,
      stalled_waiting: stalled.waiting,
    },
  };
}

/** Memory around a share of the way: the median of the twentieth before it, because a collection of garbage moves single values. */
function at(samples: readonly Sample[], share: number): number {
  return median(samples.filter((sample) => sample.share > share - 0.05 && sample.share <= share).map((s) => s.rssMb));
}

/** Resident size of a process, in MB. */
function rssMb(pid: number): number {
  const [, kilobytes = "NaN"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}
