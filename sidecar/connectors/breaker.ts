import { HubError } from "../domain/errors";
import type { Circuit } from "./circuit";
import type { Clock, ConnectorHealth } from "./connector";

/** Marks a failure that says the vendor is not well (no answer, 5xx, not its own answer). Only these count against the circuit. */
export class VendorUnwell extends Error {
  constructor(readonly failure: HubError) {
    super(failure.message);
  }
}

/** Stops calls to a system that keeps failing, and lets one through now and then to see whether it is back (RES-08). */
export class Breaker {
  constructor(
    private readonly systemName: string,
    private readonly circuit: Circuit,
    private readonly clock: Clock,
  ) {}

  /**
   * @param call is given `mayGo`, which it has to ask right before it sends: the circuit may have opened while it waited.
   * @throws what `call` throws (a VendorUnwell's own failure), or `circuit_open` without calling.
   */
  async run<T>(call: (mayGo: () => void) => Promise<T>): Promise<T> {
    const probe = this.circuit.view().open ? await this.admit() : false;
    let answer: T;
    try {
      answer = await call(() => {
        if (!probe && this.circuit.view().open) throw this.refusal();
      });
    } catch (thrown) {
      if (thrown instanceof VendorUnwell) {
        await this.circuit.failed(thrown.failure.message, probe);
        throw thrown.failure;
      }
      // Nothing was learned of the vendor.
      if (probe) await this.circuit.probeUnused();
      throw thrown;
    }
    if (probe || this.circuit.view().failures > 0) await this.circuit.succeeded(probe);
    return answer;
  }

  health(): ConnectorHealth {
    const { open } = this.circuit.view();
    if (!open) return { breaker: "closed", retryAt: null, since: null, reason: null };
    const { retryAt, since, reason } = open;
    if (retryAt > this.clock.now()) return { breaker: "open", retryAt, since, reason };
    return { breaker: "half-open", retryAt: null, since, reason };
  }

  /** Answers whether this call is the probe. */
  private async admit(): Promise<boolean> {
    const { open } = this.circuit.view();
    if (!open) return false;
    if (open.retryAt > this.clock.now()) throw this.refusal();
    const probe = await this.circuit.probe();
    if (probe === "no") throw this.refusal();
    return probe === "yes";
  }

  private refusal(): HubError {
    const retryAt = this.circuit.view().open?.retryAt ?? this.clock.now();
    return new HubError({
      kind: "technical",
      code: "circuit_open",
      message: `Calls to ${this.systemName} are stopped for a moment, because the last ones failed.`,
      hint: "It goes again by itself as soon as the system answers.",
      retryAfterMs: Math.max(1_000, retryAt.getTime() - this.clock.now().getTime()),
    });
  }
}
