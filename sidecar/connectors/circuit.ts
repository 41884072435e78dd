import type { CircuitPolicy, CircuitStanding, SharedState } from "../domain/shared-state";
import type { Clock } from "./connector";

export interface CircuitView {
  /** Failures in a row so far. */
  failures: number;
  /** Set while calls are stopped. */
  open: { since: Date; retryAt: Date; reason: string } | null;
}

/** The state of one system's circuit, and who may try whether the system is back. Never throws. */
export interface Circuit {
  view(): CircuitView;
  /** `yes` to one caller at a time, which must then report how it went; `closed` when calls may go on without. */
  probe(): Promise<"yes" | "no" | "closed">;
  probeUnused(): Promise<void>;
  failed(reason: string, probe: boolean): Promise<void>;
  succeeded(probe: boolean): Promise<void>;
}

/** A probe that nobody reported on is given up after so long, in milliseconds: its sidecar is gone. */
const PROBE_HELD_MS = 120_000;
/** After "somebody else is trying" it is asked again so soon. */
const LOOK_AGAIN_MS = 1_000;

/** The circuit of a sidecar that is alone. */
export class OwnCircuit implements Circuit {
  private failures = 0;
  private open: CircuitView["open"] = null;
  private probing = false;

  constructor(
    private readonly policy: CircuitPolicy,
    private readonly clock: Clock,
  ) {}

  view(): CircuitView {
    return { failures: this.failures, open: this.open };
  }

  async probe(): Promise<"yes" | "no" | "closed"> {
    if (!this.open) return Promise.resolve("closed");
    if (this.probing) return Promise.resolve("no");
    this.probing = true;
    return Promise.resolve("yes");
  }

  async probeUnused(): Promise<void> {
    this.probing = false;
    return Promise.resolve();
  }

  async failed(reason: string, probe: boolean): Promise<void> {
    this.failures += 1;
    if (probe) this.probing = false;
    // A failure of a call that began before the stop does not make the stop longer.
    else if (this.open || this.failures < this.policy.failures) return Promise.resolve();
    const now = this.clock.now();
    const retryAt = new Date(now.getTime() + this.policy.halfOpenAfterMs);
    this.open = { since: this.open?.since ?? now, retryAt, reason };
    return Promise.resolve();
  }

  async succeeded(probe: boolean): Promise<void> {
    if (probe) this.probing = false;
    else if (this.open) return Promise.resolve();
    this.open = null;
    this.failures = 0;
    return Promise.resolve();
  }
}

/**
 * The circuit all sidecars share: failures are counted in the hub's store, one sidecar probes, and its success closes the
 * circuit for all. A call that succeeds writes nothing, unless there are failures to forget. While the store does not
 * answer, this sidecar's own count decides.
 */
export class SharedCircuit implements Circuit {
  private readonly own: OwnCircuit;
  /** Somebody else is trying: no look before this moment, by the clock. */
  private lookAgainAt = 0;
  /** One write for all calls that succeed at the same moment. */
  private forgetting: Promise<void> | null = null;

  constructor(
    private readonly system: string,
    private readonly policy: CircuitPolicy,
    private readonly shared: SharedState,
    private readonly clock: Clock,
  ) {
    this.own = new OwnCircuit(policy, clock);
  }

  view(): CircuitView {
    if (!this.shared.up) return this.own.view();
    const { failures, open }: CircuitStanding = this.shared.circuit(this.system);
    if (!open) return { failures, open: null };
    const now = this.clock.now().getTime();
    const retryAt = new Date(Math.max(now + open.retryMs, this.lookAgainAt));
    return { failures, open: { since: open.since, retryAt, reason: open.reason } };
  }

  async probe(): Promise<"yes" | "no" | "closed"> {
    if (!this.shared.up) return this.own.probe();
    const answer = await this.shared.circuitProbe(this.system, PROBE_HELD_MS);
    if (answer === null) return this.own.probe();
    if (answer === "no") this.lookAgainAt = this.clock.now().getTime() + LOOK_AGAIN_MS;
    return answer;
  }

  async probeUnused(): Promise<void> {
    await this.own.probeUnused();
    await this.shared.circuitProbeUnused(this.system);
  }

  async failed(reason: string, probe: boolean): Promise<void> {
    await this.own.failed(reason, probe);
    if (this.shared.up) await this.shared.circuitFailed(this.system, this.policy, reason, probe);
  }

  async succeeded(probe: boolean): Promise<void> {
    await this.own.succeeded(probe);
    if (probe) return this.shared.circuitSucceeded(this.system, true);
    const { failures, open } = this.shared.circuit(this.system);
    if (failures === 0 || open) return;
    this.forgetting ??= this.shared.circuitSucceeded(this.system, false).finally(() => (this.forgetting = null));
    await this.forgetting;
  }
}
