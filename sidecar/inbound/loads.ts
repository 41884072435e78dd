import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Knex } from "knex";
import type { Logger } from "pino";
import type { Connection } from "../connections";
import { toFailure } from "../domain/errors";
import type { Release } from "../mapping/registry";
import type { RecordClient } from "../odoo/record-client";
import { dryLoad } from "./dry-load";
import { listAll, type LoadParts } from "./first-load";
import { OdooInbound } from "./odoo-inbound";
import { listedTypes, notListed, typesFor } from "./types";
import { LEASE_MS, WantedLoads, type ClaimedLoad, type LoadReport } from "./wanted-loads";

export interface LoadsParts {
  connections: readonly Connection[];
  store: Knex;
  records: RecordClient;
  release: () => Release;
  log: Logger;
}

/** A list that can be loaded. */
export interface Loadable {
  /** The connector's type. */
  object: string;
  /** The business object that it becomes; the type itself where it only leads to others. */
  becomes: string;
}

/** First loads and their dry runs as people ask for them; whichever sidecar is free runs them, one at a time, and another goes on after a crash. */
export class Loads {
  private readonly wanted: WantedLoads;
  private readonly lease = randomUUID();
  private readonly stopped = new AbortController();
  private running: Promise<void> | null = null;

  constructor(private readonly parts: LoadsParts) {
    this.wanted = new WantedLoads(parts.store);
  }

  /** What of a system can be loaded. Throws `not_listed`. */
  loadable(system: string): Loadable[] {
    const connection = this.connectionOf(system);
    const { mappings } = this.parts.release();
    const { connector } = connection.config;
    return listedTypes(connection, mappings).map((object) => ({
      object,
      becomes: mappings.inbound.objectOf(connector, object) ?? object,
    }));
  }

  /** Begins, or goes on with, what `hub load` does. @param object a business object, or a type of the connector. Throws `not_listed`. */
  async start(system: string, object: string, dryRun: boolean): Promise<LoadReport[]> {
    for (const type of this.typesOf(system, object)) await this.wanted.want({ system, object: type }, dryRun);
    void this.look();
    return this.reports(system);
  }

  /** Nothing more is listed; what was named already is brought to its end. Throws `not_listed`. */
  async stop(system: string, object: string): Promise<LoadReport[]> {
    for (const type of this.typesOf(system, object)) await this.wanted.unwant({ system, object: type });
    return this.reports(system);
  }

  /** The newest load and the newest dry run of each list. Throws `not_listed`. */
  async reports(system: string): Promise<LoadReport[]> {
    this.connectionOf(system);
    return this.wanted.reports(system);
  }

  /** Runs what is wanted and nobody runs, one after the other. Never throws: the clock looks again. */
  async look(): Promise<void> {
    this.running ??= this.runAll()
      .catch((thrown: unknown) => this.parts.log.warn({ err: thrown }, "first loads could not be looked for"))
      .finally(() => (this.running = null));
    await this.running;
  }

  /** Leaves what runs; another sidecar goes on. */
  async close(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async runAll(): Promise<void> {
    const systems = this.parts.connections.map(({ config }) => config.code);
    while (!this.stopped.signal.aborted) {
      const load = await this.wanted.claim(this.lease, systems);
      if (!load) return;
      await this.run(load);
    }
  }

  private async run(load: ClaimedLoad): Promise<void> {
    const { id, system, object, dry } = load;
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.stopped.signal]);
    // As many requests as are read at a time listen to it.
    setMaxListeners(0, signal);
    // Told to stop, or taken over by another: both show here.
    const keep = async (): Promise<void> => {
      if (!(await this.wanted.keep(id, this.lease))) ended.abort();
    };
    const renewal = setInterval(() => void keep().catch(() => undefined), LEASE_MS / 15);
    try {
      this.parts.log.info({ system, object, dry, load: id }, "a first load is read");
      await (dry ? this.tryOut(load, signal) : this.list(load, signal, keep));
    } catch (thrown) {
      const failure = signal.aborted ? null : toFailure(thrown);
      const again = failure === null ? !ended.signal.aborted : failure.kind === "technical";
      if (failure) this.parts.log.warn({ system, object, load: id, error_code: failure.code, again }, failure.message);
      await this.wanted.release(id, this.lease, failure, again);
    } finally {
      clearInterval(renewal);
    }
  }

  private async list(load: ClaimedLoad, signal: AbortSignal, keep: () => Promise<void>): Promise<void> {
    const { system, object } = load;
    const { source } = this.connectionOf(system).connector;
    const { loads } = this.wanted;
    // What was read while it was stopped is not taken any more.
    const unlessStopped = async <T>(work: () => Promise<T>): Promise<T> => {
      await keep();
      signal.throwIfAborted();
      return work();
    };
    const guarded: LoadParts["loads"] = {
      take: async (...page) => unlessStopped(async () => loads.take(...page)),
      listed: async (id) => unlessStopped(async () => loads.listed(id)),
      openNotices: async (id) => loads.openNotices(id),
    };
    await listAll(load, { type: { system, object }, source, loads: guarded, signal });
  }

  private async tryOut({ id, system, object }: ClaimedLoad, signal: AbortSignal): Promise<void> {
    const { config, connector } = this.connectionOf(system);
    const { number: release, mappings } = this.parts.release();
    let noted: Promise<void> = Promise.resolve();
    const report = await dryLoad({
      type: object,
      source: connector.source,
      odoo: new OdooInbound(this.parts.records, system),
      under: { system, connector: config.connector, release, mappings },
      onDone: (state) => {
        const now = structuredClone(state);
        noted = noted.then(async () => this.wanted.noteDry(id, now, false)).catch(() => undefined);
      },
      signal,
    });
    await noted;
    await this.wanted.noteDry(id, report, true);
  }

  private typesOf(system: string, object: string): string[] {
    return typesFor(this.connectionOf(system), this.parts.release().mappings, object);
  }

  private connectionOf(system: string): Connection {
    const found = this.parts.connections.find(({ config }) => config.code === system);
    if (found) return found;
    throw notListed(system, undefined, []);
  }
}
