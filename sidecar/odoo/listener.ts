import { Client } from "pg";
import type { Logger } from "pino";
import type { Listener, News } from "./queue";
import { toNews } from "./queue-rows";

const CHANNEL = "integration_hub";
/** A dead connection is noticed within this time even when the network says nothing. */
const HEARTBEAT_MS = 20_000;
const RECONNECT_MS = [250, 500, 1_000, 2_000, 5_000, 10_000];

/**
 * LISTEN on a connection of its own: a pooled one would be handed to somebody else. After every (re)connection it
 * reports null, because notifications sent in between are lost. It never fails: while it is away, polling carries on.
 */
export class WorkListener implements Listener {
  private client: Client | null = null;
  private heartbeat: NodeJS.Timeout | null = null;
  private reconnect: NodeJS.Timeout | null = null;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly onNews: (news: News | null) => void,
    private readonly log: Logger,
  ) {
    void this.connect();
  }

  get connected(): boolean {
    return this.client !== null;
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.reconnect) clearTimeout(this.reconnect);
    await this.drop();
  }

  private async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.url,
      application_name: "integration-hub listen",
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    client.on("error", (error) => this.lost(client, error));
    client.on("end", () => this.lost(client, new Error("the connection ended")));
    client.on("notification", (message) => this.onNews(toNews(message.payload)));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      this.lost(client, error as Error);
      return;
    }
    if (this.closed) {
      await client.end().catch(() => undefined);
      return;
    }
    this.client = client;
    this.failures = 0;
    this.heartbeat = setInterval(() => {
      client.query("SELECT 1").catch((error: Error) => this.lost(client, error));
    }, HEARTBEAT_MS);
    this.onNews(null);
  }

  private lost(client: Client, error: Error): void {
    if (this.closed || this.reconnect || (this.client !== null && this.client !== client)) return;
    const wait = RECONNECT_MS[Math.min(this.failures, RECONNECT_MS.length - 1)] ?? 10_000;
    this.failures += 1;
    this.log.warn(
      { err: { message: error.message }, retry_in_ms: wait },
      "listening to the queue stopped; polling goes on",
    );
    void this.drop(client);
    this.reconnect = setTimeout(() => {
      this.reconnect = null;
      void this.connect();
    }, wait);
  }

  private async drop(client: Client | null = this.client): Promise<void> {
    if (this.heartbeat) clearInterval(this.heartbeat);
    this.heartbeat = null;
    this.client = null;
    // Ending a broken connection may fail or report its own end again; both are expected here.
    await client?.end().catch(() => undefined);
  }
}
