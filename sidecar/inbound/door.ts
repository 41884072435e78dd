import type { Knex } from "knex";
import type { Logger } from "pino";
import { listen, type ListeningServer } from "../listening-server";
import type { InboundConfig } from "../config/config";
import type { Connection } from "../connections";
import { compileWebhooks } from "../connectors/webhooks";
import type { HandedSecrets } from "../store/handed-secrets";
import type { Metrics } from "../telemetry/metrics";
import { Inbox } from "./inbox";
import { createReceiver } from "./receiver";
import { SecurityEvents } from "./security-events";

/** The listening door: apart from the admin API, because it is open to the world. */
export class Door {
  private readonly security: SecurityEvents;
  private server: ListeningServer | null = null;

  constructor(
    private readonly config: InboundConfig,
    private readonly connections: readonly Connection[],
    private readonly store: Knex,
    private readonly handed: HandedSecrets,
    private readonly log: Logger,
    private readonly metrics: Metrics,
    /** Notices of a system were kept. */
    private readonly onKept: (system: string) => void = () => undefined,
  ) {
    this.security = new SecurityEvents(store, log, metrics);
  }

  /** Address it listens on; null while closed. */
  get url(): string | null {
    return this.server?.url ?? null;
  }

  /** Opens once the store's tables are there. Throws `inbound_port_taken`. */
  async open(): Promise<void> {
    const { host, port, publicUrl, proxies, maxBodyKb, maxPerSecond } = this.config;
    const endpoints = new Map(
      this.connections.flatMap(({ config: { code, credentials }, definition: { definition } }) =>
        definition.webhooks ? [[code, compileWebhooks(definition.webhooks, credentials)] as const] : [],
      ),
    );
    const parts = {
      endpoints,
      inbox: new Inbox(this.store),
      security: this.security,
      handed: this.handed,
      log: this.log,
      metrics: this.metrics,
      onKept: this.onKept,
    };
    const app = createReceiver(parts, { publicUrl, proxies, maxBodyBytes: maxBodyKb * 1024, maxPerSecond });
    this.server = await listen(app, host, port, "inbound");
    this.log.info({ url: this.server.url, systems: [...endpoints.keys()] }, "the door for webhooks is open");
  }

  async close(): Promise<void> {
    await this.server?.close();
    await this.security.flush();
  }
}
