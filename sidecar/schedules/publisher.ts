import type { Logger } from "pino";
import { toFailure, type Failure } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import type { RecordClient } from "../odoo/record-client";
import { publishCatalogue } from "./catalogue";

/** However little changes, Odoo is told again after so long. */
const AGAIN_AFTER_MS = 3_600_000;

/** Keeps the catalogue in Odoo in step with what this sidecar can carry. */
export class CataloguePublisher {
  /** How the last catalogue reached Odoo; undefined before the first try, null when it did. */
  failure: Failure | null | undefined;
  private publishedAt = 0;
  private running: Promise<void> | null = null;

  /**
   * `records`: null without an API key, and then nothing is published. `catalogue` is asked for each time; `onCreated` is
   * told of systems that are new in Odoo.
   */
  constructor(
    private readonly records: RecordClient | null,
    private readonly catalogue: () => JsonObject,
    private readonly log: Logger,
    private readonly onCreated: (systems: string[]) => void,
  ) {}

  /** Something changed: publishes now, and where that fails, whenever it is due. */
  async changed(): Promise<void> {
    await this.running?.catch(() => undefined);
    this.publishedAt = 0;
    await this.ifDue();
  }

  /** Publishes unless that was done within the last hour. Throws what Odoo answered. */
  async ifDue(): Promise<void> {
    if (!this.records || Date.now() - this.publishedAt < AGAIN_AFTER_MS) return;
    this.running ??= this.publish(this.records).finally(() => (this.running = null));
    await this.running;
  }

  private async publish(records: RecordClient): Promise<void> {
    const startedAt = Date.now();
    try {
      const created = await publishCatalogue(records, this.catalogue());
      this.failure = null;
      this.publishedAt = startedAt;
      this.log.info({ created_systems: created }, "catalogue published");
      if (created.length > 0) this.onCreated(created);
    } catch (thrown) {
      this.failure = toFailure(thrown);
      throw thrown;
    }
  }
}
