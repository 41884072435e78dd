import { schedule, type Logger as CronLogger, type ScheduledTask } from "node-cron";
import type { Logger } from "pino";
import { toFailure } from "../domain/errors";
import type { Ticks } from "./ticks";

export interface Job {
  name: string;
  /** Cron expression with seconds, in UTC. */
  cron: string;
  /** `once`: one sidecar runs each tick. `each`: every sidecar runs it, for what belongs to its own process. */
  where: "once" | "each";
  /** Runs it once at start as well. */
  atStart?: boolean;
  run(): Promise<void>;
}

/** What the clock itself has to say (a tick that a busy process missed) goes where everything else does, and not to the terminal. */
function cronLogger(log: Logger, job: string): CronLogger {
  return {
    debug: (message) => log.debug({ job, reason: text(message) }, "clock"),
    info: (message) => log.debug({ job, reason: text(message) }, "clock"),
    warn: (message) => log.warn({ job, reason: text(message) }, "clock"),
    error: (message, error) => log.error({ job, reason: text(message), err: error }, "clock"),
  };
}

const text = (message: string | Error): string => (message instanceof Error ? message.message : message);

/** Runs jobs at their times. A run that fails is logged and tried at the next tick; a run never overlaps itself. */
export class Schedules {
  private readonly tasks: ScheduledTask[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly busy = new Set<string>();

  constructor(
    private readonly ticks: Ticks,
    private readonly log: Logger,
  ) {}

  start(jobs: readonly Job[]): void {
    for (const job of jobs) {
      const task = schedule(job.cron, ({ date }) => this.track(this.tick(job, date)), {
        name: job.name,
        timezone: "UTC",
        logger: cronLogger(this.log, job.name),
      });
      this.tasks.push(task);
      if (job.atStart) void this.track(this.tick(job, new Date()));
    }
  }

  /** Stops the clock and waits for what runs. */
  async stop(): Promise<void> {
    for (const task of this.tasks) await task.stop();
    await Promise.allSettled(this.running);
  }

  private async track(run: Promise<void>): Promise<void> {
    this.running.add(run);
    await run.finally(() => this.running.delete(run));
  }

  /** One tick of one job. */
  async tick(job: Job, at: Date): Promise<void> {
    // Sidecars' clocks differ by milliseconds; the tick is the second that was meant.
    const tickAt = new Date(Math.round(at.getTime() / 1000) * 1000);
    if (this.busy.has(job.name)) return;
    this.busy.add(job.name);
    try {
      if (job.where === "once" && !(await this.isOurs(job, tickAt))) return;
      await job.run();
    } catch (thrown) {
      this.warn(job, thrown, "scheduled job failed");
    } finally {
      this.busy.delete(job.name);
    }
  }

  /** Jobs are harmless when two sidecars run them, so a database that is away does not stop them. */
  private async isOurs(job: Job, tickAt: Date): Promise<boolean> {
    try {
      return await this.ticks.claim(job.name, tickAt);
    } catch (thrown) {
      this.warn(job, thrown, "tick could not be claimed; the job runs anyway");
      return true;
    }
  }

  private warn(job: Job, thrown: unknown, text: string): void {
    const { kind, code, message } = toFailure(thrown);
    this.log.warn({ job: job.name, error_kind: kind, error_code: code, reason: message }, text);
  }
}
