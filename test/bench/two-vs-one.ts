import type { OdooPostgres } from "../stack/database";
import { waitFor } from "../support/wait-for";
import { median } from "./median";
import { recordIds } from "./pipeline/events";
import { HubProcess, SINKS } from "./pipeline/hub";
import { BenchQueue } from "./pipeline/queue";
import { Sink } from "./pipeline/sink-process";
import type { BenchResult } from "./report";

const SYSTEM = "sink";
const EVENTS = 4_000;
const ROUNDS = 3;
/** A vendor that takes its time, and few requests at once: waiting is the limit, not this machine's two cores. */
const ANSWER_MS = 20;
const CONCURRENCY = 16;

/** How many times as fast two sidecars empty the same queue as one does, in turn. */
export async function twoVersusOne(
  postgres: OdooPostgres,
  events = EVENTS,
): Promise<Pick<BenchResult, "ratios" | "figures">> {
  const sink = await Sink.start();
  const sides: Side[] = [];
  try {
    for (const sidecars of [1, 2]) sides.push(await Side.open(postgres, sink, sidecars));
    const rates: [number[], number[]] = [[], []];
    let record = 1;
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const index of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const rate = await sides[index]?.run(recordIds(record, events));
        record += events;
        if (round >= 0 && rate !== undefined) rates[index].push(rate);
      }
    }
    const [one, two] = rates;
    return {
      ratios: { two_vs_one: median(two.map((rate, round) => rate / (one[round] ?? Number.NaN))) },
      figures: { one_per_second: median(one), two_per_second: median(two) },
    };
  } finally {
    for (const side of sides) await side.close();
    await sink.stop();
  }
}

/** One queue with the sidecars that empty it. */
class Side {
  private constructor(
    private readonly queue: BenchQueue,
    private readonly sink: Sink,
    private readonly hubs: HubProcess[],
  ) {}

  static async open(postgres: OdooPostgres, sink: Sink, sidecars: number): Promise<Side> {
    const queue = await BenchQueue.open(postgres, [SYSTEM]);
    await queue.pause(SYSTEM);
    const hubs: HubProcess[] = [];
    for (let started = 0; started < sidecars; started += 1) {
      const systems = { [SYSTEM]: { base_url: sink.url, concurrency: CONCURRENCY } };
      hubs.push(await HubProcess.start({ queueUrl: queue.roleUrl, systems, mappings: SINKS }));
    }
    return new Side(queue, sink, hubs);
  }

  /** Events a second, from the first request to the last event that ended. */
  async run(ids: readonly number[]): Promise<number> {
    await this.queue.fill(SYSTEM, ids);
    await this.sink.reset({ delayMs: ANSWER_MS });
    await this.queue.resume(SYSTEM);
    await waitFor("the queue to be empty", async () => (await this.queue.open()) === 0, {
      timeoutMs: 120_000,
      everyMs: 20,
    });
    const ended = Number(process.hrtime.bigint()) / 1e6;
    const { firstAt, received } = await this.sink.state();
    await this.queue.pause(SYSTEM);
    if (firstAt === null || received !== ids.length) throw new Error(`${received} requests for ${ids.length} events.`);
    return (ids.length * 1000) / (ended - firstAt);
  }

  async close(): Promise<void> {
    for (const hub of this.hubs) await hub.stop();
    await this.queue.close();
  }
}
