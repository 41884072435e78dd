import type { Knex } from "knex";
import type { Failure } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import { SCHEMA } from "../store/database";
import type { ListedType } from "./listed-records";
import { StoredLoads, type LoadState, type StoredLoad } from "./stored-loads";
import { storableJson } from "../domain/storable";

/** Who claimed has so long; then another sidecar goes on. */
export const LEASE_MS = 30_000;

/** How a load that sidecars run is shown: `stopped` and `failed` go on when they are started again. */
export interface LoadReport extends LoadState {
  object: string;
  dryRun: boolean;
  state: "running" | "stopped" | "failed" | "done";
  startedAt: Date;
  /** Why its list could not be read on; a running one tries again. */
  failure: Failure | null;
}

/** A load as the admin API and Odoo's questions are answered. */
export function loadJson({ dryRun, startedAt, failure, ...load }: LoadReport): JsonObject {
  return {
    ...load,
    dry_run: dryRun,
    started_at: startedAt.toISOString(),
    failure: failure && { kind: failure.kind, code: failure.code, message: failure.message, hint: failure.hint },
  };
}

/** A load that this sidecar is to run. */
export interface ClaimedLoad extends StoredLoad, ListedType {
  dry: boolean;
}

/** Loads that were asked for, in the hub's database, so that any sidecar runs them and any tells of them. */
export class WantedLoads {
  readonly loads: StoredLoads;

  constructor(private readonly store: Knex) {
    this.loads = new StoredLoads(store);
  }

  /** A load begins, or goes on where it was; a dry run begins anew unless it runs. */
  async want(type: ListedType, dry: boolean): Promise<void> {
    if (dry) {
      await this.store.raw(
        `INSERT INTO ${SCHEMA}.inbound_load (system, object, dry, wanted)
         SELECT :system, :object, true, true WHERE NOT EXISTS (
           SELECT FROM ${SCHEMA}.inbound_load WHERE system = :system AND object = :object AND dry AND wanted AND listed_at IS NULL)`,
        { ...type },
      );
      return;
    }
    const { id } = await this.loads.open(type);
    await this.store.raw(
      `UPDATE ${SCHEMA}.inbound_load SET wanted = true, failure = NULL, lease_until = NULL WHERE id = ? AND NOT wanted`,
      [id],
    );
  }

  /** Nothing more is listed. What was named to the workers already is brought to its end. */
  async unwant({ system, object }: ListedType): Promise<void> {
    await this.store.raw(
      `UPDATE ${SCHEMA}.inbound_load SET wanted = false WHERE system = ? AND object = ? AND listed_at IS NULL`,
      [system, object],
    );
  }

  /** Takes one whose list is still to be read, of these systems. */
  async claim(lease: string, systems: readonly string[]): Promise<ClaimedLoad | null> {
    const { rows } = await this.store.raw<{
      rows: { id: number; system: string; object: string; dry: boolean; time: Date | null }[];
    }>(
      `UPDATE ${SCHEMA}.inbound_load SET lease = :lease, lease_until = now() + make_interval(secs => :seconds)
       WHERE id = (
         SELECT id FROM ${SCHEMA}.inbound_load
         WHERE wanted AND listed_at IS NULL AND system = ANY(:systems) AND (lease_until IS NULL OR lease_until < now())
         ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING id, system, object, dry, time`,
      { lease, systems: [...systems], seconds: LEASE_MS / 1_000 },
    );
    const [row] = rows;
    return row ? { ...row, from: row.time, resumed: row.time !== null, listed: false } : null;
  }

  /** False once it was stopped, or another sidecar has it. */
  async keep(id: number, lease: string): Promise<boolean> {
    const { rowCount } = await this.store.raw<{ rowCount: number }>(
      `UPDATE ${SCHEMA}.inbound_load SET lease_until = now() + make_interval(secs => :seconds)
       WHERE id = :id AND lease = :lease AND wanted`,
      { id, lease, seconds: LEASE_MS / 1_000 },
    );
    return rowCount > 0;
  }

  /** Notes how far a dry run is; `done`: it has ended. */
  async noteDry(id: number, report: LoadState, done: boolean): Promise<void> {
    await this.store.raw(
      `UPDATE ${SCHEMA}.inbound_load SET report = :report, listed = :listed, failure = NULL,
         listed_at = CASE WHEN :done THEN clock_timestamp() END
       WHERE id = :id`,
      { id, report: storableJson(report), listed: report.listed, done },
    );
  }

  /** It could not go on; null: this sidecar stops. With `again` a sidecar tries once more when the lease has run out. */
  async release(id: number, lease: string, failure: Failure | null, again: boolean): Promise<void> {
    await this.store.raw(
      `UPDATE ${SCHEMA}.inbound_load SET failure = :failure, wanted = wanted AND :again,
         lease_until = CASE WHEN :wait THEN lease_until END
       WHERE id = :id AND lease = :lease AND listed_at IS NULL`,
      { id, lease, failure: failure && storableJson(failure), again, wait: failure !== null },
    );
  }

  /** The newest load and the newest dry run of each list of a system. */
  async reports(system: string): Promise<LoadReport[]> {
    const { rows } = await this.store.raw<{ rows: Row[] }>(
      `SELECT DISTINCT ON (object, dry) id, object, dry, wanted, started_at, listed_at, report, failure
       FROM ${SCHEMA}.inbound_load WHERE system = ? ORDER BY object, dry, id DESC`,
      [system],
    );
    return Promise.all(rows.map(async (row) => this.report(row)));
  }

  private async report({ id, object, dry, wanted, started_at, listed_at, report, failure }: Row): Promise<LoadReport> {
    const state = dry ? (report ?? { listed: 0, open: 0, outcomes: {}, reasons: {} }) : await this.loads.state(id);
    const listed = listed_at !== null;
    return {
      ...state,
      object,
      dryRun: dry,
      state: listed ? (state.open > 0 ? "running" : "done") : wanted ? "running" : failure ? "failed" : "stopped",
      startedAt: started_at,
      failure,
    };
  }
}

interface Row {
  id: number;
  object: string;
  dry: boolean;
  wanted: boolean;
  started_at: Date;
  listed_at: Date | null;
  report: LoadState | null;
  failure: Failure | null;
}
