import type { Logger } from "pino";
import type { Bucket, CircuitPolicy, CircuitStanding, SharedState, Taken } from "../domain/shared-state";
import { SharedPool } from "./shared-pool";

/** How often a sidecar says that it is alive and hears what the others know, in milliseconds. */
const MEET_MS = 2_000;

interface Met {
  members: number;
  circuits: {
    system: string;
    failures: number;
    since: string | null;
    retry_ms: number | null;
    reason: string | null;
  }[];
  buckets: { system: string; bucket: string; used: number; wait_ms: number | null }[];
}

interface CircuitColumns {
  open_ms: number | null;
  open_since: Date | null;
  open_reason: string | null;
}

type TakeRow = { granted: number; wait_ms: number; used: number } & CircuitColumns;

/** What is remembered of a circuit: `retryAt` by `performance.now()`, so that no clock has to agree with another. */
interface Circuit {
  failures: number;
  open: { since: Date; retryAt: number; reason: string } | null;
}

/** What sidecars know together, in the hub's own database (migration 002). */
export class StoredState implements SharedState {
  members = 1;
  private readonly pool: SharedPool;
  private readonly circuits = new Map<string, Circuit>();
  private readonly uses = new Map<string, { used: number; waitsUntil: Date | null }>();
  private readonly recoveries: (() => Promise<void>)[] = [];
  private timer: NodeJS.Timeout | null = null;
  private meeting: Promise<void> | null = null;

  constructor(
    url: string,
    private readonly worker: string,
    log: Logger,
  ) {
    this.pool = new SharedPool(url, log);
  }

  get up(): boolean {
    return this.pool.up;
  }

  /** Joins the others; the tables must be there. */
  async start(): Promise<void> {
    await this.meet();
    this.timer = setInterval(() => {
      this.meeting ??= this.meet().finally(() => (this.meeting = null));
    }, MEET_MS);
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.meeting;
    if (this.timer && this.up) await this.pool.ask("leave", "DELETE FROM hub.sidecar WHERE worker = $1", [this.worker]);
    await this.pool.close();
  }

  onRecovery(work: () => Promise<void>): void {
    this.recoveries.push(work);
  }

  async take(
    system: string,
    bucket: string,
    limit: Bucket,
    ask: { count: number; priority: number; termMs: number },
  ): Promise<Taken | null> {
    const { count, priority, termMs } = ask;
    const values = [system, bucket, limit.requests, limit.perMs, termMs, count, priority];
    const text = "SELECT * FROM hub.take($1, $2, $3, $4, $5, $6, $7)";
    const [row] = (await this.pool.ask<TakeRow>("take", text, values)) ?? [];
    if (!row) return null;
    this.heardOfCircuit(system, row);
    const waitsUntil = row.used >= limit.requests ? new Date(Date.now() + row.wait_ms) : null;
    this.uses.set(keyOf(system, bucket), { used: row.used, waitsUntil });
    return { granted: row.granted, waitMs: row.wait_ms };
  }

  async spent(system: string, bucket: string, limit: Bucket, count: number): Promise<void> {
    const text = "SELECT FROM hub.take($1, $2, $3, $4, 0, 0, 0, $5)";
    await this.pool.ask("spent", text, [system, bucket, limit.requests, limit.perMs, count]);
  }

  pause(system: string, bucket: string, ms: number): void {
    const text = `INSERT INTO hub.rate_bucket AS r (system, bucket, paused_until)
      VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3::double precision / 1000))
      ON CONFLICT (system, bucket) DO UPDATE SET paused_until = greatest(r.paused_until, excluded.paused_until)`;
    void this.pool.ask("pause", text, [system, bucket, ms]);
  }

  use(system: string, bucket: string): { used: number; waitsUntil: Date | null } | null {
    return this.uses.get(keyOf(system, bucket)) ?? null;
  }

  circuit(system: string): CircuitStanding {
    const known = this.circuits.get(system);
    if (!known) return { failures: 0, open: null };
    const { failures, open } = known;
    if (!open) return { failures, open: null };
    return { failures, open: { since: open.since, retryMs: open.retryAt - performance.now(), reason: open.reason } };
  }

  async circuitFailed(
    system: string,
    policy: CircuitPolicy,
    reason: string,
    probe: boolean,
  ): Promise<CircuitStanding | null> {
    const values = [system, policy.failures, policy.halfOpenAfterMs, reason, probe ? this.worker : null];
    const text = "SELECT * FROM hub.circuit_failed($1, $2, $3, $4, $5)";
    const [row] = (await this.pool.ask<CircuitColumns & { failures: number }>("circuit_failed", text, values)) ?? [];
    if (!row) return null;
    this.circuits.set(system, { failures: row.failures, open: openOf(row.open_ms, row.open_since, row.open_reason) });
    return this.circuit(system);
  }

  async circuitSucceeded(system: string, probe: boolean): Promise<void> {
    const text = probe
      ? `UPDATE hub.circuit SET failures = 0, opened_at = NULL, retry_at = NULL, probe_by = NULL, probe_until = NULL
         WHERE system = $1 AND (probe_by = $2 OR opened_at IS NULL)`
      : "UPDATE hub.circuit SET failures = 0 WHERE system = $1 AND opened_at IS NULL AND failures > 0";
    const done = await this.pool.ask(
      `circuit_${probe ? "closed" : "well"}`,
      text,
      probe ? [system, this.worker] : [system],
    );
    if (done) this.circuits.delete(system);
  }

  async circuitProbe(system: string, holdMs: number): Promise<"yes" | "no" | "closed" | null> {
    const text = "SELECT hub.circuit_probe($1, $2, $3) AS answer";
    const [row] =
      (await this.pool.ask<{ answer: "yes" | "no" | "closed" }>("circuit_probe", text, [
        system,
        this.worker,
        holdMs,
      ])) ?? [];
    if (row?.answer === "closed") this.circuits.delete(system);
    return row?.answer ?? null;
  }

  async circuitProbeUnused(system: string): Promise<void> {
    const text = "UPDATE hub.circuit SET probe_by = NULL, probe_until = NULL WHERE system = $1 AND probe_by = $2";
    await this.pool.ask("circuit_probe_unused", text, [system, this.worker]);
  }

  private async meet(): Promise<void> {
    const asked = performance.now();
    const [row] = (await this.pool.ask<{ met: Met }>("meet", "SELECT hub.meet($1) AS met", [this.worker])) ?? [];
    if (!row) return;
    const { members, circuits, buckets } = row.met;
    if (!this.up) {
      for (const work of this.recoveries) await work();
      this.pool.recovered();
    }
    this.members = Math.max(1, members);
    this.circuits.clear();
    for (const { system, failures, since, retry_ms, reason } of circuits) {
      this.circuits.set(system, {
        failures,
        open: openOf(retry_ms, since === null ? null : new Date(since), reason, asked),
      });
    }
    this.uses.clear();
    for (const { system, bucket, used, wait_ms } of buckets) {
      this.uses.set(keyOf(system, bucket), {
        used,
        waitsUntil: wait_ms !== null && wait_ms > 0 ? new Date(Date.now() + wait_ms) : null,
      });
    }
  }

  private heardOfCircuit(system: string, row: CircuitColumns): void {
    const failures = this.circuits.get(system)?.failures ?? 0;
    const open = openOf(row.open_ms, row.open_since, row.open_reason);
    if (open || this.circuits.get(system)?.open) this.circuits.set(system, { failures, open });
  }
}

function keyOf(system: string, bucket: string): string {
  return `${system} ${bucket}`;
}

function openOf(
  retryMs: number | null,
  since: Date | null,
  reason: string | null,
  asked = performance.now(),
): Circuit["open"] {
  return retryMs === null || since === null ? null : { since, retryAt: asked + retryMs, reason: reason ?? "" };
}
