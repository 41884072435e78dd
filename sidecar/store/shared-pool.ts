import { Pool } from "pg";
import type { Logger } from "pino";

/** Longest wait for one answer, in milliseconds: a request to a vendor waits for it. */
const ANSWER_MS = 1_500;

/**
 * Connections of their own for what sidecars share: few, impatient, and with `synchronous_commit` off, because what is
 * written here matters for seconds and a request to a vendor waits for the commit.
 */
export class SharedPool {
  private readonly pool: Pool;
  private answering = true;

  constructor(
    url: string,
    private readonly log: Logger,
  ) {
    this.pool = new Pool({
      connectionString: url,
      application_name: "integration-hub shared state",
      max: 3,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      statement_timeout: ANSWER_MS,
      keepAlive: true,
      options: "-c synchronous_commit=off -c jit=off",
    });
    this.pool.on("error", () => undefined); // the next call says so
  }

  /** Whether the last call was answered. */
  get up(): boolean {
    return this.answering;
  }

  /** The rows; null when the store does not answer, which is said once until it does again. */
  async ask<Row extends object>(name: string, text: string, values: unknown[]): Promise<Row[] | null> {
    try {
      const { rows } = await this.pool.query<Row>({ name, text, values });
      return rows;
    } catch (thrown) {
      if (this.answering) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        this.log.warn(
          { reason },
          "the hub's store does not answer; this sidecar keeps to its share of every rate limit",
        );
      }
      this.answering = false;
      return null;
    }
  }

  /** Everything is asked of the store again from here on. */
  recovered(): void {
    if (!this.answering) this.log.info("the hub's store answers again; rate limits and circuits are shared as before");
    this.answering = true;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
