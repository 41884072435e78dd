import { setImmediate as yieldToOthers } from "node:timers/promises";
import type { Logger } from "pino";
import type { ClaimedDelivery } from "../domain/delivery";
import { toFailure } from "../domain/errors";
import type { MappingPack, MappingRegistry, Releases } from "../mapping/registry";
import type { Queue, ShadowResult, ShadowVersion } from "../odoo/queue";
import { compareUnder, concerns, isAboutTheRecord } from "./compare";

/** Deliveries that may wait to be compared; what comes on top is let go, because shadows must not cost live work. */
const MOST_WAITING = 2_000;
/** Milliseconds of comparing after which others have their turn. */
const SLICE_MS = 4;
const REPORT_EVERY_MS = 1_000;
const EXAMPLES = 5;
const PATHS = 200;

interface Running {
  version: ShadowVersion;
  mappings: MappingRegistry;
  /** By system and object, since the last report. */
  results: Map<string, Tally>;
}

type Tally = Omit<ShadowResult, "differences"> & { differences: Map<string, ShadowResult["differences"][number]> };

interface Observed {
  system: string;
  connector: string;
  delivery: ClaimedDelivery;
}

/**
 * Runs versions beside what is active on live changes: makes both documents, counts where they differ, and sends nothing.
 * Off the hot path: deliveries are handed over once they have been carried, and compared in short slices.
 */
export class Shadow {
  private running: Running[] = [];
  private readonly waiting: Observed[] = [];
  private working: Promise<void> | null = null;
  private reporting: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(
    private readonly queue: Pick<Queue, "shadows" | "reportShadow">,
    private readonly pack: MappingPack,
    private readonly releases: Releases,
    private readonly log: Logger,
  ) {}

  /** Looks which versions run in shadow, on top of the release in force. Never throws: the clock looks again. */
  async look(): Promise<void> {
    try {
      const versions = await this.queue.shadows();
      const before = this.running;
      // What is compared from here on is counted by the new ones; what was counted so far is reported of the old ones.
      this.running = versions.flatMap((version) => this.start(version));
      await this.report(before);
    } catch (thrown) {
      this.log.warn({ error_code: toFailure(thrown).code }, "the versions in shadow could not be read");
    }
  }

  /** These were carried to a system. Costs nothing while no version runs in shadow. */
  observe(system: string, connector: string, deliveries: readonly ClaimedDelivery[]): void {
    if (this.running.length === 0 || this.closed) return;
    for (const delivery of deliveries) {
      if (this.waiting.length >= MOST_WAITING) break;
      this.waiting.push({ system, connector, delivery });
    }
    this.begin();
  }

  /** Finishes what waits and reports it. */
  async close(): Promise<void> {
    this.closed = true;
    while (this.working) await this.working;
    if (this.reporting) clearTimeout(this.reporting);
    await this.report(this.running);
  }

  /** The release may be another one by now, so each is compiled anew; parts that are the same are not (MappingPack). */
  private start(version: ShadowVersion): Running[] {
    try {
      const overlay = new Map(this.releases.current.overlay).set(version.path, version.content);
      return [{ version, mappings: this.pack.registry(overlay), results: new Map() }];
    } catch (thrown) {
      this.log.info({ path: version.path, reason: toFailure(thrown).message }, "a version in shadow does not compile");
      return [];
    }
  }

  private begin(): void {
    this.working ??= this.work().finally(() => {
      this.working = null;
      // What was handed over in the last moment.
      if (this.waiting.length > 0) this.begin();
    });
  }

  private async work(): Promise<void> {
    let began = performance.now();
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      await this.compare(next);
      if (performance.now() - began < SLICE_MS) continue;
      await yieldToOthers();
      began = performance.now();
    }
    this.reporting ??= setTimeout(() => {
      this.reporting = null;
      void this.report(this.running);
    }, REPORT_EVERY_MS).unref();
  }

  private async compare({ system, connector, delivery }: Observed): Promise<void> {
    try {
      const active = await this.releases.of(delivery.release);
      for (const running of this.running) {
        if (!concerns(running.version.path, connector, delivery.object)) continue;
        const compared = compareUnder(delivery, connector, active, running.mappings);
        if (!compared) return;
        count(tallyOf(running, system, delivery.object), compared, delivery.lane);
      }
    } catch (thrown) {
      if (!isAboutTheRecord(thrown)) this.log.error({ err: thrown }, "a defect stopped a shadow");
    }
  }

  private async report(all: readonly Running[]): Promise<void> {
    for (const running of all) {
      const results = [...running.results.values()].map((tally) => ({
        ...tally,
        differences: [...tally.differences.values()],
      }));
      if (results.length === 0) continue;
      running.results.clear();
      try {
        await this.queue.reportShadow(running.version.versionId, results);
      } catch (thrown) {
        this.log.warn(
          { error_code: toFailure(thrown).code },
          "shadow results did not reach Odoo; they are not repeated",
        );
      }
    }
  }
}

function tallyOf({ results }: Running, system: string, object: string): Tally {
  const key = `${system} ${object}`;
  let tally = results.get(key);
  if (!tally) {
    tally = { system, object, compared: 0, differing: 0, failing: 0, differences: new Map() };
    results.set(key, tally);
  }
  return tally;
}

function count(
  tally: Tally,
  { failing, differences }: NonNullable<ReturnType<typeof compareUnder>>,
  lane: string,
): void {
  tally.compared += 1;
  if (failing) tally.failing += 1;
  if (differences.length > 0) tally.differing += 1;
  for (const { path, now, then } of differences) {
    const known = tally.differences.get(path);
    if (!known && tally.differences.size >= PATHS) continue;
    const entry = known ?? { path, count: 0, examples: [] };
    entry.count += 1;
    // The newest first, as they are kept in Odoo.
    entry.examples = [{ lane, now, then }, ...entry.examples].slice(0, EXAMPLES);
    tally.differences.set(path, entry);
  }
}
