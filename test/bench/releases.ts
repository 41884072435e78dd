import customerMapping from "../../mappings/systems/hubspot/mappings/customer.json";
import type { Json, JsonObject } from "../../sidecar/domain/json";
import { SidecarBench } from "../integration/sidecar/running-hub";
import { DURABLE } from "../stack/postgres/server";
import { terminalProgress } from "../stack/progress";
import type { Bench, BenchOptions, BenchResult } from "./report";

const ROUNDS = 200;
const WARM_UP = 20;
const FILE = "systems/hubspot/mappings/customer.json";
/** Vendors take so much a second: a round that asks one waits until the next cannot be held back for it. */
const SPACING_MS = 130;
const GIVE_UP_MS = 20_000;

/** How soon what administrators activate is known and counts, and how soon a preview is there. */
export const releases: Bench = {
  name: "releases",
  title:
    "milliseconds from an activation's commit to two sidecars that know it and to the first request under it; from a preview's question to its answer",
  async run(options: BenchOptions): Promise<BenchResult> {
    const rounds = options.events ?? ROUNDS;
    const progress = terminalProgress();
    const bench = await SidecarBench.open(DURABLE);
    try {
      await bench.reset();
      const timing = new ReleaseTiming(bench);
      await timing.start();
      await progress.step("warming up", async () => timing.known(Math.min(WARM_UP, rounds)));
      const known = await progress.step("known to both sidecars", async () => timing.known(rounds));
      const first = await progress.step("first request under it", async () => timing.first(rounds));
      const preview = await progress.step("previews", async () => timing.answers(rounds, "preview"));
      const incoming = await progress.step("of what comes in", async () => timing.answers(rounds, "preview_incoming"));
      return {
        name: "releases",
        ratios: {},
        figures: {
          ...percentiles("known", known),
          ...percentiles("first_request", first),
          ...percentiles("preview", preview),
          ...percentiles("preview_incoming", incoming),
        },
      };
    } finally {
      await bench.close();
    }
  },
};

/** Two sidecars on Odoo's database, and a CRM that holds one company. */
class ReleaseTiming {
  private hubs: { releases: { current: { number: number } } }[] = [];
  private turn = 0;
  private companyId = "";

  constructor(private readonly bench: SidecarBench) {}

  async start(): Promise<void> {
    this.hubs = [await this.bench.startHub(), await this.bench.startHub()];
    const delivered = await this.change(1);
    this.companyId = String((await this.bench.reaches(delivered, "delivered"))["external_id"]);
  }

  /** From each activation's commit to the moment at which both sidecars have it compiled and in force. */
  async known(rounds: number): Promise<number[]> {
    return this.measured(rounds, async () => {
      const release = await this.activate();
      return {
        from: performance.now(),
        until: () => this.hubs.every((hub) => hub.releases.current.number === release),
      };
    });
  }

  /** From each activation's commit to the request that carries a change made right after it. */
  async first(rounds: number): Promise<number[]> {
    const company = (): unknown =>
      this.bench.sandbox.store.table("hubspot", "company")?.live()[0]?.fields["description"];
    return this.measured(rounds, async () => {
      const text = textOf(this.turn + 1);
      await this.activate();
      const from = performance.now();
      await this.change(1);
      return { from, until: () => company() === text, pause: SPACING_MS };
    });
  }

  /** From a question of Odoo's to its answer, with what the CRM holds read for it. */
  async answers(rounds: number, kind: "preview" | "preview_incoming"): Promise<number[]> {
    const { fixture } = this.bench;
    const about: JsonObject =
      kind === "preview"
        ? { lane: "res.partner,1", record: { id: 1, ...COMPANY } }
        : { id: this.companyId, in_force: {} };
    return this.measured(rounds, async () => {
      const overlay = { [FILE]: mappingSaying(`draft ${(this.turn += 1)}`) };
      const from = performance.now();
      const question = await fixture.ask(kind, { object: "customer", system: "hubspot", overlay, ...about });
      return { from, until: async () => (await fixture.answerTo(question)) !== null, pause: SPACING_MS };
    });
  }

  private async activate(): Promise<number> {
    const next = (this.turn += 1);
    return this.bench.fixture.release([{ path: FILE, content: mappingSaying(textOf(next)) }]);
  }

  private async change(id: number): Promise<number> {
    return this.bench.fixture.change({
      lane: `res.partner,${id}`,
      record: { ...COMPANY, phone: `+32 ${(this.turn += 1)}` },
    });
  }

  private async measured(rounds: number, begin: () => Promise<Begun>): Promise<number[]> {
    const waits: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { from, until, pause = 0 } = await begin();
      while (!(await until())) {
        if (performance.now() - from > GIVE_UP_MS) throw new Error("What is measured did not happen.");
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      waits.push(performance.now() - from);
      // Not always at the same distance from the one before.
      await new Promise((resolve) => setTimeout(resolve, pause + Math.random() * 10));
    }
    return waits;
  }
}

interface Begun {
  from: number;
  until: () => boolean | Promise<boolean>;
  /** Milliseconds until the next round. */
  pause?: number;
}

const COMPANY = { name: "Acme", is_company: true, active: true };

const textOf = (turn: number): string => `Under version ${turn}.`;

function mappingSaying(text: string): Json {
  const mapping = structuredClone(customerMapping) as unknown as { lines: Json[] };
  return { ...mapping, lines: [...mapping.lines, { to: "properties.description", const: text }] };
}

function percentiles(name: string, waits: readonly number[]): Record<string, number> {
  const sorted = [...waits].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { [`${name}_p50_ms`]: at(0.5), [`${name}_p95_ms`]: at(0.95), [`${name}_max_ms`]: at(1) };
}
