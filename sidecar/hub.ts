import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Knex } from "knex";
import type { Logger } from "pino";
import { createAdminApp } from "./admin/app";
import type { Component } from "./admin/readiness";
import { listen, type ListeningServer } from "./listening-server";
import type { Config } from "./config/config";
import { openConnections, unkeptSignIns, type Connection, type Sharing } from "./connections";
import { toFailure, type Failure } from "./domain/errors";
import { readComponents } from "./hub-components";
import { Door } from "./inbound/door";
import { requireHandover } from "./inbound/handover";
import { Inbound } from "./inbound/inbound";
import { hubJobs } from "./hub-jobs";
import { refreshMetrics } from "./hub-metrics";
import { followReleases, takeRelease } from "./hub-releases";
import type { JsonObject } from "./domain/json";
import { libraryOf, MappingPack, MappingPackError, Releases } from "./mapping/registry";
import { openQueue, openRecords, verifyIdentity } from "./odoo/open";
import type { Identity, Listener, News, Queue } from "./odoo/queue";
import type { RecordClient } from "./odoo/record-client";
import { ProblemNotes } from "./outbound/problem-notes";
import { Pump } from "./outbound/pump";
import { check } from "./questions/check";
import { load } from "./questions/load";
import { preview } from "./questions/preview";
import { previewIncoming } from "./questions/preview-incoming";
import { Questions } from "./questions/questions";
import { guardQueue } from "./restore/guarded-queue";
import { catalogueFor } from "./schedules/catalogue";
import { CataloguePublisher } from "./schedules/publisher";
import { Shadow } from "./shadow/shadow";
import { Schedules } from "./schedules/schedule";
import { everyTick, StoredTicks } from "./schedules/ticks";
import { settingsCheck } from "./settings-check";
import { openStore } from "./store/database";
import { migrate } from "./store/migrate";
import { HandedSecrets } from "./store/handed-secrets";
import { Sealer } from "./store/sealed";
import { checkStoreKey, type Opened } from "./store/store-key";
import { StoredState } from "./store/stored-state";
import { StoredTokens } from "./store/stored-tokens";
import { createMetrics, type Metrics } from "./telemetry/metrics";
import { createTracing, type Tracing } from "./telemetry/tracing";

/** While Odoo or Postgres is away at start, it is tried again after so long. */
const WAIT_MS = [500, 1_000, 2_000, 5_000, 10_000];

/** One sidecar process, put together. Making it checks all that can be checked without a network. */
export class Hub {
  /** Unique to this process: claims are made in its name. */
  readonly worker = `${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}`;
  readonly metrics: Metrics = createMetrics();
  readonly pack: MappingPack;
  /** The mappings as shipped, and with what administrators activated in Odoo laid over them. */
  readonly releases: Releases;
  readonly connections: Connection[];
  readonly records: RecordClient | null;
  readonly queue: Queue;
  readonly store: Knex | null;
  /** Secrets that vendors hand over when they subscribe us; null without a store. */
  readonly handed: HandedSecrets | null;
  readonly catalogue: CataloguePublisher;
  readonly questions: Questions;
  /** Versions that run beside what is active, without anything being sent. */
  readonly shadow: Shadow;
  readonly problems: ProblemNotes;
  /** What this sidecar knows together with the others; null without a store. */
  readonly shared: StoredState | null;
  readonly pumps: Pump[] = [];
  /** Why deliveries do not flow yet; null once they do. */
  waitingFor: Failure | null = null;
  /** Why settings of the release in force are not applied; null while all are. */
  settingsProblem: Failure | null = null;
  private readonly tracing: Tracing;
  private readonly schedules: Schedules;
  private readonly stopped = new AbortController();
  /** Whether it came so far as to deliver; settles when it did or gave up. */
  private starting: Promise<boolean> = Promise.resolve(false);
  private admin: ListeningServer | null = null;
  /** Where vendors' webhooks come in; null when it is closed. */
  readonly door: Door | null;
  /** What other systems say on its way into Odoo; null without a store, or without Odoo's API. */
  readonly inbound: Inbound | null;
  private listener: Listener | null = null;
  private identity: Identity | null = null;

  constructor(
    readonly config: Config,
    readonly log: Logger,
  ) {
    this.pack = MappingPack.read(config.mappings.dirs);
    this.releases = new Releases(this.pack, {
      current: async () => this.queue.currentRelease(),
      files: async (release) => this.queue.release(release),
    });
    this.shared = config.store.url === null ? null : new StoredState(config.store.url, this.worker, log);
    this.store = config.store.url === null ? null : openStore(config.store.url);
    this.handed = this.store && new HandedSecrets(this.store, this.sealer());
    const shipped = this.releases.current.mappings.settings;
    const settingsWrong = settingsCheck(config);
    const problems = settingsWrong(shipped);
    if (problems.length > 0) throw new MappingPackError(problems);
    this.connections = openConnections(config, shipped, {
      ...(this.shared ? { state: this.shared } : {}),
      ...this.tokens(),
    });
    this.records = openRecords(config.odoo);
    this.problems = new ProblemNotes(this.records, log);
    const kept = (system: string): void => this.inbound?.notify(system);
    this.door =
      this.store && this.handed && config.inbound
        ? new Door(config.inbound, this.connections, this.store, this.handed, log, this.metrics, kept)
        : null;
    this.queue = guardQueue(openQueue(config.odoo, this.records, log), this.store, log);
    this.inbound = this.openInbound();
    this.catalogue = new CataloguePublisher(
      this.records,
      () => this.makeCatalogue(),
      log,
      (created) => this.notify(created),
    );
    const { pack, connections, queue } = this;
    this.shadow = new Shadow(queue, pack, this.releases, log);
    const connectors = [...new Set(config.systems.map((system) => system.connector))];
    this.questions = new Questions(
      queue,
      this.worker,
      {
        check: (request) => check(pack, request, connectors, settingsWrong),
        preview: async (request) => preview({ pack, connections, queue }, request),
        preview_incoming: async (request) => previewIncoming({ pack, connections }, request),
        load: async (request) => load(this.inbound, request),
      },
      log,
    );
    this.tracing = createTracing(config.telemetry.otlpEndpoint);
    this.schedules = new Schedules(this.store ? new StoredTicks(this.store, this.worker) : everyTick, log);
  }

  /** Address of the admin API once it listens. */
  get url(): string | null {
    return this.admin?.url ?? null;
  }

  /**
   * Listens, waits for the databases as long as they are merely away, and starts to deliver. Throws when something is
   * wrong that waiting does not heal. Answers false when it was stopped before it came so far.
   */
  async start(): Promise<boolean> {
    this.starting = this.begin();
    return this.starting;
  }

  private async begin(): Promise<boolean> {
    for (const warning of this.config.warnings) this.log.warn(warning, "configuration warning");
    const systems = unkeptSignIns(this.connections, this.config);
    if (systems.length > 0)
      this.log.warn({ systems }, "without store.url and store.key a rotated refresh token is lost when the hub stops");
    await this.listen();
    const { store } = this;
    if (store) await this.patiently("store", async () => migrate(store));
    if (this.stopped.signal.aborted) return false;
    await this.warnOfStoreKey();
    await this.shared?.start();
    await this.patiently("queue", async () => {
      this.identity = await verifyIdentity(this.queue, this.config.odoo);
      await takeRelease(this);
      await this.shadow.look();
    });
    if (this.stopped.signal.aborted) return false;
    await this.door?.open();
    if (this.stopped.signal.aborted) return false;
    this.inbound?.start();
    this.startPumps();
    this.schedules.start(hubJobs(this));
    this.log.info({ worker: this.worker, systems: this.pumps.map((pump) => pump.code), url: this.url }, "hub started");
    return true;
  }

  /**
   * For commands: reaches the databases and takes over the release in force, without delivering anything. Throws what is away. `stop`
   * closes it.
   */
  async connect(): Promise<void> {
    if (this.store) await migrate(this.store);
    await this.shared?.start();
    this.identity = await verifyIdentity(this.queue, this.config.odoo);
    await takeRelease(this);
  }

  /** Hands back or finishes what is in flight within `delivery.stop_seconds`, then closes everything. */
  async stop(): Promise<void> {
    if (this.stopped.signal.aborted) return;
    this.stopped.abort();
    this.log.info({ worker: this.worker }, "hub stopping");
    const deadline = AbortSignal.timeout(this.config.delivery.stopSeconds * 1000);
    // What it closes is opened by then, and nothing is opened afterwards.
    await Promise.race([this.starting.catch(() => false), aborted(deadline)]);
    this.inbound?.stopLooking();
    await this.schedules.stop();
    await this.listener?.close();
    await this.questions.close();
    await this.door?.close();
    await this.inbound?.stop(deadline);
    await Promise.all(this.pumps.map((pump) => pump.stop(deadline)));
    await this.shadow.close();
    await this.admin?.close();
    await this.tracing.close();
    await this.problems.close();
    await this.queue.close();
    await this.records?.close();
    await this.shared?.stop();
    await this.store?.destroy();
    this.log.info({ worker: this.worker }, "hub stopped");
  }

  /** Every part with what is wrong with it. */
  async components(): Promise<Component[]> {
    return readComponents(this);
  }

  private openInbound(): Inbound | null {
    const { store, records, queue, connections, metrics, log } = this;
    if (!store || !records) return null;
    const doorOpen = this.door !== null;
    return new Inbound({
      store,
      records,
      queue,
      connections,
      metrics,
      log,
      doorOpen,
      release: () => this.releases.current,
    });
  }

  /** Where OAuth tokens are kept, with a store and a key; a connection without either keeps them in memory. */
  private tokens(): Pick<Sharing, "tokens"> {
    const { store } = this;
    const sealer = this.sealer();
    if (!store || !sealer) return {};
    return { tokens: (system) => new StoredTokens(store, sealer, system) };
  }

  /** For what is kept in the store in secret; null without `store.key`. */
  private sealer(): Sealer | null {
    const { key } = this.config.store;
    return key === null ? null : new Sealer(Buffer.from(key, "base64"));
  }

  /**
   * Whether everything that is kept sealed for the systems of the configuration can be opened; null without a store.
   * @throws HubError `store_key_wrong`, `store_key_missing`, each with what cannot be opened; `store_unreachable`
   */
  async checkStoreKey(): Promise<Opened | null> {
    const systems = this.connections.map(({ config }) => config.code);
    return this.store && checkStoreKey(this.store, this.sealer(), systems);
  }

  /** What needs nothing of the sealed goes on, so a wrong key is no reason not to start. */
  private async warnOfStoreKey(): Promise<void> {
    try {
      await this.checkStoreKey();
    } catch (thrown) {
      const { code, message, hint } = toFailure(thrown);
      this.log.error({ error_code: code, reason: message, hint }, "what is kept sealed cannot be opened");
    }
  }

  private async listen(): Promise<void> {
    const { host, port, token } = this.config.admin;
    const app = createAdminApp(
      {
        queue: this.queue,
        records: this.records,
        metrics: this.metrics,
        components: () => this.components(),
        running: () => this.pumps.map((pump) => pump.status()),
        inbound: this.inbound,
        handed: this.handed,
        requireHandover: (system) => requireHandover(this.connections, system),
        refreshMetrics: () => refreshMetrics(this),
      },
      token,
      this.log,
    );
    this.admin = await listen(app, host, port, "admin");
  }

  /** Tries until it works or the hub is stopped; only what time heals is tried again. */
  private async patiently(what: string, work: () => Promise<unknown>): Promise<void> {
    for (let tries = 0; !this.stopped.signal.aborted; tries += 1) {
      try {
        await work();
        this.waitingFor = null;
        return;
      } catch (thrown) {
        const failure = toFailure(thrown);
        if (failure.kind !== "technical") throw thrown;
        const wait = WAIT_MS[Math.min(tries, WAIT_MS.length - 1)] ?? 10_000;
        this.waitingFor = failure;
        this.log.warn(
          { error_code: failure.code, reason: failure.message, retry_in_ms: wait },
          `waiting for the ${what}`,
        );
        await delay(wait, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      }
    }
  }

  private startPumps(): void {
    for (const { config, name, connector, concurrency } of this.connections) {
      const pump = new Pump({
        code: config.code,
        name,
        worker: this.worker,
        databaseUuid: this.identity?.databaseUuid ?? this.config.odoo.database,
        queue: this.queue,
        records: this.records,
        connector,
        concurrency,
        connectorName: config.connector,
        mappings: this.releases,
        shadow: this.shadow,
        problems: this.problems,
        delivery: this.config.delivery,
        catchUp: async () => this.catchUp(config.code),
        metrics: this.metrics,
        tracing: this.tracing,
        log: this.log,
      });
      this.pumps.push(pump);
      pump.start();
    }
    this.listener = this.queue.listen((news) => this.heard(news));
  }

  /** Where the configuration leaves looking to people, nothing is looked for here either. */
  private async catchUp(system: string): Promise<void> {
    if (this.config.polling.minutes > 0) await this.inbound?.catchUp(system);
  }

  /** After a lost connection (null) anything may be new, and the database may be another. */
  private heard(news: News | null): void {
    if (news === null) this.releases.forget();
    if (news === null || news.release) void followReleases(this);
    if (news === null || news.shadow) void this.shadow.look();
    if (news === null || news.inbound) this.inbound?.askOdoo();
    if (news === null || news.question) void this.questions.look();
    this.notify(news?.systems ?? null);
  }

  private makeCatalogue(): JsonObject {
    const systems = this.config.systems.map((config) => ({
      config,
      name: this.connections.find((open) => open.config.code === config.code)?.name ?? config.name ?? config.code,
    }));
    return catalogueFor(this.releases.current, systems, libraryOf(this.pack));
  }

  /** Wakes the pumps of these systems, or all of them. */
  notify(systems: string[] | null): void {
    for (const pump of this.pumps) if (systems === null || systems.includes(pump.code)) pump.notify();
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
