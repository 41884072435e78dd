import { performance } from "node:perf_hooks";

/** The sandbox's present moment; tests move it forward to end token lives and idempotency windows. */
export class SandboxClock {
  private offsetMs = 0;

  /** Milliseconds since the epoch, with fractions. */
  now(): number {
    return performance.timeOrigin + performance.now() + this.offsetMs;
  }

  iso(): string {
    return new Date(this.now()).toISOString();
  }

  move(offsetMs: number): void {
    this.offsetMs = offsetMs;
  }
}
