import { setTimeout as delay } from "node:timers/promises";
import type { Knex } from "knex";
import type { Logger } from "pino";
import type { Connection } from "../connections";
import { toFailure, type Failure } from "../domain/errors";
import type { PollHealth } from "../domain/poll-health";
import type { Release } from "../mapping/registry";
import type { Queue } from "../odoo/queue";
import type { RecordClient } from "../odoo/record-client";
import type { Metrics } from "../telemetry/metrics";
import { Inbox } from "./inbox";
import { OdooInbound } from "./odoo-inbound";
import { Loads } from "./loads";
import { ListedRecords } from "./listed-records";
import { Poller, type Look, type LookOptions } from "./poller";
import { InboundRecords } from "./records";
import { listedTypes, notListed, objectsOf, typesFor } from "./types";
import { InboundWorker } from "./worker";
import { forgetRefused } from "./security-events";

export interface InboundParts {
  connections: readonly Connection[];
  store: Knex;
  records: RecordClient;
  queue: Queue;
  release: () => Release;
  metrics: Metrics;
  /** The door for webhooks is open. */
  doorOpen: boolean;
  log: Logger;
}

/** How long notices that are done with are kept: no vendor repeats one after so long. Counts of refused calls go with them. */
const KEEP_DAYS = 30;

/** How long what is sent waits at most for what was changed there before. */
const CATCH_UP_MS = 20_000;
const CATCH_UP_LOOK_MS = 50;

/** What other systems say arrives in Odoo: one worker for each connection whose records can be fetched. */
export class Inbound {
  readonly workers: InboundWorker[];
  readonly pollers: Poller[];
  readonly inbox: Inbox;
  /** First loads that people ask for. */
  readonly loads: Loads;
  private readonly stopped = new AbortController();

  constructor(private readonly parts: InboundParts) {
    const { connections, store, records, queue, release, metrics, log } = parts;
    const inbox = new Inbox(store);
    this.inbox = inbox;
    this.loads = new Loads({ connections, store, records, release, log });
    this.workers = connections
      .filter(({ connector }) => connector.source.fetchable.length > 0)
      .map((connection) => {
        const { code } = connection.config;
        return new InboundWorker({
          connection,
          records: new InboundRecords(store, code),
          inbox,
          odoo: new OdooInbound(records, code),
          queue,
          release,
          metrics,
          log,
        });
      });
    this.pollers = connections
      .filter(({ connector }) => connector.source.listed.length > 0)
      .map((connection) => this.pollerFor(connection));
  }

  start(): void {
    for (const worker of this.workers) worker.start();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await Promise.all([this.loads.close(), ...this.workers.map(async (worker) => worker.stop(deadline))]);
  }

  /**
   * Looks at what changed in a system, now: `hub poll` and the admin API.
   * @param sweepMs goes through all that is there, too, where that was last done at least so long ago; null: not
   * @param object a business object, or a type of the connector; all when absent
   * @throws HubError `not_listed` where no changes can be listed
   */
  async look(system: string, sweepMs: number | null, object?: string): Promise<Look[]> {
    const connection = this.parts.connections.find(({ config }) => config.code === system);
    const poller = this.pollers.find((each) => each.system === system);
    if (!connection || !poller || poller.types.length === 0) throw notListed(system, object, []);
    const types = object === undefined ? poller.types : typesFor(connection, this.parts.release().mappings, object);
    return this.lookAt(poller, { types, sweepMs });
  }

  /**
   * Learns what changed in a system while no sidecar looked, before anything is sent there: sent first, a change in Odoo would take the place of
   * one that somebody made there in the same field meanwhile, and nobody would be asked (OWN-07). Ends when what was found is with Odoo, when
   * it cannot be read or handed over now, and after 20 seconds at most. It never fails: what is in the way is told where looks are.
   */
  async catchUp(system: string): Promise<void> {
    const { queue, store, log } = this.parts;
    const poller = this.pollers.find((each) => each.system === system);
    const worker = this.workers.find((each) => each.system === system);
    if (!poller || !worker) return;
    const over = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(CATCH_UP_MS)]);
    const ended = new Promise<void>((resolve) => over.addEventListener("abort", () => resolve(), { once: true }));
    try {
      const known = (await queue.systems()).find(({ code }) => code === system);
      if (known?.state !== "active") return;
      await Promise.race([this.lookAt(poller, {}), ended]);
      worker.notify();
      const records = new InboundRecords(store, system);
      while (!over.aborted && worker.failure === null && (await records.untried()))
        await delay(CATCH_UP_LOOK_MS, undefined, { signal: over }).catch(() => undefined);
    } catch (thrown) {
      const { code, message } = toFailure(thrown);
      log.warn({ system, error_code: code, reason: message }, "what changed there was not read before sending");
    }
  }

  /** Looks wherever the last look is older than `everyMs`, at systems that are not paused. */
  async lookAround(everyMs: number, sweepMs: number | null): Promise<void> {
    const active = (await this.parts.queue.systems()).filter(({ state }) => state === "active").map(({ code }) => code);
    const due = this.pollers.filter(({ system }) => active.includes(system));
    await Promise.all(due.map(async (poller) => this.lookAt(poller, { everyMs, sweepMs })));
  }

  /**
   * Tells Odoo which lists of changes can be read and which cannot (OBS-03). Of a paused system nothing is looked for, so nothing of it fails.
   * Answers whether a list began or ceased to fail.
   */
  async reportPolls(): Promise<boolean> {
    const { queue } = this.parts;
    const known = new Map((await queue.systems()).map(({ code, state }) => [code, state]));
    let changed = false;
    for (const connection of this.parts.connections) {
      const { code } = connection.config;
      const state = known.get(code);
      if (state === undefined || !this.looksAt(code)) continue;
      const lists = await this.listsOf(connection);
      const said = state === "active" ? [...lists, ...(await this.stuckOf(connection))] : lists.map(withoutFailure);
      if (await queue.reportPolls(code, said)) changed = true;
    }
    return changed;
  }

  /** Cuts off looks that run. */
  stopLooking(): void {
    this.stopped.abort();
    for (const poller of this.pollers) poller.stop();
  }

  /** Notices of a system were kept. */
  notify(system: string): void {
    this.workers.find((worker) => worker.system === system)?.notify();
  }

  /** Odoo has something to be read again, of any system. */
  askOdoo(): void {
    for (const worker of this.workers) worker.askOdoo();
  }

  /** Deletes what is no longer needed to know a repeated notice, and counts of refused calls that Odoo has. */
  async forget(): Promise<void> {
    await this.inbox.forget(KEEP_DAYS);
    await forgetRefused(this.parts.store, KEEP_DAYS);
  }

  private async lookAt(poller: Poller, options: LookOptions): Promise<Look[]> {
    const looks = await poller.look(options);
    if (looks.some(({ found }) => found > 0)) this.notify(poller.system);
    return looks;
  }

  private looksAt(system: string): boolean {
    return [...this.pollers, ...this.workers].some((each) => each.system === system);
  }

  private async listsOf(connection: Connection): Promise<PollHealth[]> {
    const poller = this.pollers.find(({ system }) => system === connection.config.code);
    const lists = (await poller?.lists()) ?? [];
    return lists.map((list) => ({ ...list, objects: this.objectsOf(connection, [list.type]) }));
  }

  /** What was told of and cannot be read or applied: tried again for ever, so somebody has to know (OBS-03). */
  private async stuckOf(connection: Connection): Promise<PollHealth[]> {
    const { code: system } = connection.config;
    const stuck = await new InboundRecords(this.parts.store, system).stuck();
    return stuck.map(({ code, types, records, since }) => ({
      type: `told: ${code}`,
      objects: this.objectsOf(connection, types),
      lookedAt: null,
      failing: { since, failure: notThrough(connection.name, code, records) },
    }));
  }

  private objectsOf(connection: Connection, types: readonly string[]): string[] {
    const { mappings } = this.parts.release();
    return [...new Set(types.flatMap((type) => objectsOf(connection, mappings, type)))];
  }

  private pollerFor(connection: Connection): Poller {
    const { store, release, metrics, log, doorOpen } = this.parts;
    const { definition } = connection.definition;
    const told = new Set(Object.values(definition.webhooks?.notices.events ?? {}).map(({ object }) => object));
    return new Poller({
      connection,
      listed: new ListedRecords(store),
      types: () => listedTypes(connection, release().mappings),
      told: (type) => doorOpen && told.has(type),
      metrics,
      log,
    });
  }

  async refreshMetrics(): Promise<void> {
    for (const { system } of this.workers) {
      const { open, oldestSeconds } = await new InboundRecords(this.parts.store, system).backlog();
      this.parts.metrics.inboxDepth.set({ system }, open);
      this.parts.metrics.inboxAge.set({ system }, oldestSeconds);
    }
    for (const poller of this.pollers) {
      const failing = new Map((await poller.failing()).map(({ object, seconds }) => [object, seconds]));
      for (const object of poller.types)
        this.parts.metrics.pollFailing.set({ system: poller.system, object }, failing.get(object) ?? 0);
    }
  }
}

function withoutFailure(list: PollHealth): PollHealth {
  return { ...list, failing: null };
}

function notThrough(name: string, code: string, records: number): Failure {
  return {
    kind: "technical",
    code,
    message: `What ${name} told of cannot be brought into Odoo (${code}): records that wait for it: ${records}.`,
    hint: `See the sidecar's log for ${code}; it is tried again at least every 15 minutes.`,
  };
}
