import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleType,
  type CircuitBreakerPolicy,
} from "cockatiel";
import { HubError } from "../domain/errors";
import type { Clock, ConnectorHealth } from "./connector";

/** Marks a failure that says the vendor is not well (no answer, 5xx, not its own answer). Only these count against the circuit. */
export class VendorUnwell extends Error {
  constructor(readonly failure: HubError) {
    super(failure.message);
  }
}

/** Stops calls to a system that keeps failing, and lets one through now and then to see whether it is back (RES-08). */
export class Breaker {
  private readonly policy: CircuitBreakerPolicy;
  private openedAt: Date | null = null;

  constructor(
    private readonly systemName: string,
    failures: number,
    private readonly halfOpenAfterMs: number,
    private readonly clock: Clock,
  ) {
    this.policy = circuitBreaker(handleType(VendorUnwell), {
      halfOpenAfter: halfOpenAfterMs,
      breaker: new ConsecutiveBreaker(failures),
    });
    this.policy.onBreak(() => (this.openedAt = this.clock.now()));
    this.policy.onReset(() => (this.openedAt = null));
  }

  /** @throws what `call` throws (a VendorUnwell's own failure), or `circuit_open` without calling. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await this.policy.execute(call);
    } catch (thrown) {
      if (thrown instanceof VendorUnwell) throw thrown.failure;
      if (thrown instanceof BrokenCircuitError) throw this.open();
      throw thrown;
    }
  }

  health(): ConnectorHealth {
    const state = this.policy.state;
    if (state === CircuitState.Closed) return { breaker: "closed", retryAt: null };
    if (state === CircuitState.HalfOpen) return { breaker: "half-open", retryAt: null };
    return { breaker: "open", retryAt: this.retryAt() };
  }

  private retryAt(): Date {
    return new Date((this.openedAt ?? this.clock.now()).getTime() + this.halfOpenAfterMs);
  }

  private open(): HubError {
    return new HubError({
      kind: "technical",
      code: "circuit_open",
      message: `Calls to ${this.systemName} are stopped for a moment, because the last ones failed.`,
      hint: "It goes again by itself as soon as the system answers.",
      retryAfterMs: Math.max(1_000, this.retryAt().getTime() - this.clock.now().getTime()),
    });
  }
}
