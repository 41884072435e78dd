import type { Call } from "../../../sandbox/calls";
import type { FaultRule, FaultSchedule } from "../../../sandbox/fault-rule";
import type { Config } from "../../../../sidecar/config/config";
import { SidecarBench } from "../../../integration/sidecar/running-hub";
import { waitFor } from "../../../support/wait-for";
import { readFinalState, type FinalState } from "./final-state";
import { QuickConnectors } from "./quick-connectors";
import { SYSTEMS, tellStory, type Step, type SystemCode } from "./story";

/** A pause between two changes, so that the story lasts longer than any one of them. */
const BETWEEN_MS = 15;
const OPEN_STATES = ["pending", "waiting", "processing", "retry", "unknown"];

/** What befalls a run, from the middle of its story on. */
export interface Trouble {
  /** Faults of the vendors; their times run from the middle of the story. */
  faults?: FaultRule[];
  /** The same with a seed. */
  schedule?: FaultSchedule;
  /** Anything else that breaks; the story goes on meanwhile, unless nobody could work then. */
  strike?: () => Promise<void>;
  nobodyWorks?: boolean;
  /** Where the sidecar reaches the queue, in place of the database's own address. */
  queueUrl?: string;
  /** The hub's own database; without it there is none. */
  storeUrl?: string;
  /** What people do about what is held for them, once nothing moves by itself any more. */
  repair?: () => Promise<void>;
  /** A system will be paused: what is pending there is still until `repair`. */
  paused?: boolean;
  /** Longest time until everything has ended, in milliseconds. Default 40,000. */
  withinMs?: number;
}

export interface Run {
  state: FinalState;
  /** Calls to a system that arrived after the trouble began. */
  calls: (system: SystemCode) => Call[];
  /** Median time from change to settlement of a system's deliveries, before the trouble and from then on, in milliseconds. */
  latency: (system: SystemCode) => { before: number; after: number };
}

/** Tells the same seeded story undisturbed and with trouble, on real parts. */
export class FaultBench {
  private readonly quick = new QuickConnectors();
  private told: FinalState | null = null;
  private config: Config | null = null;

  private constructor(
    readonly bench: SidecarBench,
    readonly story: Step[],
  ) {}

  /** `postgres`: settings of the database server. */
  static async open(
    seed: number,
    postgres?: Readonly<Record<string, string>>,
    createdLate?: number,
  ): Promise<FaultBench> {
    return new FaultBench(await SidecarBench.open(postgres), tellStory(seed, createdLate));
  }

  async close(): Promise<void> {
    await this.bench.close();
    this.quick.remove();
  }

  /** What the story comes to when nothing happens; told once. */
  async undisturbed(): Promise<FinalState> {
    this.told ??= (await this.run({})).state;
    return this.told;
  }

  async run(trouble: Trouble): Promise<Run> {
    const { bench, story } = this;
    await bench.reset();
    const { queueUrl, storeUrl } = trouble;
    this.config = bench.config({
      extra: this.quick.yaml,
      ...(queueUrl === undefined ? {} : { queueUrl }),
      ...(storeUrl === undefined ? {} : { storeUrl }),
    });
    await this.startSidecar();
    const middle = Math.floor(story.length / 2);
    await this.tell(story.slice(0, middle));
    const began = Date.now();
    const { faults = [], schedule = { faults } } = trouble;
    bench.sandbox.faults.load(schedule);
    const struck = trouble.strike?.() ?? Promise.resolve();
    if (trouble.nobodyWorks) await struck;
    await this.tell(story.slice(middle));
    await struck;
    await this.untilStill(trouble.withinMs, trouble.paused);
    if (trouble.repair) {
      await trouble.repair();
      await this.untilStill(trouble.withinMs);
    }
    const state = await readFinalState(bench.database.owner, bench.sandbox);
    const latencies = await this.latencies(began);
    await bench.stopHubs();
    return {
      state,
      calls: (system) => bench.sandbox.calls.list(system, began),
      latency: (system) => latencies.get(system) ?? { before: Number.NaN, after: Number.NaN },
    };
  }

  /** One more sidecar, with the run's configuration. */
  async startSidecar(): Promise<void> {
    if (this.config) await this.bench.startHub(this.config);
  }

  /** What a person does in Odoo when the cause is gone: all that is held or dead goes again. Answers how many there were. */
  async sendHeldAgain(): Promise<number> {
    const { queue } = this.bench.database;
    return (await queue.replay(await queue.findDeliveries({ states: ["held", "dead"] }, 1_000), "operator", false))
      .length;
  }

  /** Nothing moves by itself any more: all has ended or is held. */
  private async untilStill(timeoutMs = 40_000, paused = false): Promise<void> {
    const { owner } = this.bench.database;
    const open = async (): Promise<{ state: string; n: number }[]> =>
      (
        await owner.query<{ state: string; n: number }>(
          // What sleeps behind a held delivery, or waits for a link that does not come, is still.
          `SELECT d.state, count(*)::int AS n FROM integration_delivery d JOIN integration_system s ON s.id = d.system_id
           WHERE d.state = ANY ($1) AND NOT ($2 AND s.state = 'paused' AND d.state IN ('pending', 'waiting')) AND (d.state <> 'waiting' OR d.wait_for IS NULL)
             AND NOT EXISTS (SELECT FROM integration_delivery h WHERE h.system_id = d.system_id AND h.lane = d.lane AND h.id < d.id
               AND h.state IN ('held', 'dead'))
           GROUP BY d.state`,
          [OPEN_STATES, paused],
        )
      ).rows;
    await waitFor("everything to end", async () => (await open()).length === 0, { timeoutMs }).catch(
      async (error: Error) => {
        throw new Error(`${error.message}; still ${JSON.stringify(await open())}`);
      },
    );
  }

  private async tell(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.bench.fixture.change(step);
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
  }

  private async latencies(began: number): Promise<Map<string, { before: number; after: number }>> {
    const { rows } = await this.bench.database.owner.query<{ code: string; before: number; after: number }>(
      `SELECT s.code, percentile_cont(0.5) WITHIN GROUP (ORDER BY d.latency_ms) FILTER (WHERE e.occurred_at <= $1) AS before,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY d.latency_ms) FILTER (WHERE e.occurred_at > $1) AS after
       FROM integration_delivery d JOIN integration_event e ON e.id = d.event_id JOIN integration_system s ON s.id = d.system_id
       WHERE d.state = 'delivered' GROUP BY s.code`,
      [new Date(began).toISOString()],
    );
    return new Map(rows.map(({ code, before, after }) => [code, { before: Number(before), after: Number(after) }]));
  }
}

/** The systems that the trouble does not concern. */
export function othersThan(system: SystemCode): SystemCode[] {
  return SYSTEMS.filter((code) => code !== system);
}
