import path from "node:path";
import { Child } from "./child";

export interface SinkState {
  /** Records received since the last reset. */
  received: number;
  /** When the first request came, in milliseconds of the machine's monotonic clock (`process.hrtime`). */
  firstAt: number | null;
}

/** The sink, from the outside. */
export class Sink {
  private constructor(
    private readonly child: Child,
    readonly url: string,
  ) {}

  static async start(): Promise<Sink> {
    const child = await Child.start(path.join(__dirname, "sink.ts"));
    return new Sink(child, await child.ask<string>("url"));
  }

  /** Counts from zero. `delayMs`: wait before each answer; `noteArrivals`: when each key came is remembered. */
  async reset(options: { delayMs?: number; noteArrivals?: boolean } = {}): Promise<void> {
    await this.child.ask("reset", options);
  }

  async state(): Promise<SinkState> {
    return this.child.ask<SinkState>("state");
  }

  /** Key and moment of each arrival, on the clock of `SinkState.firstAt`. */
  async arrivals(): Promise<Map<string, number>> {
    return new Map(await this.child.ask<[string, number][]>("arrivals"));
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }
}
