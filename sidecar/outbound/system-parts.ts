import type { Logger } from "pino";
import type { DeliveryConfig } from "../config/config";
import type { Connector } from "../connectors/connector";
import type { Releases } from "../mapping/registry";
import type { Queue } from "../odoo/queue";
import type { RecordClient } from "../odoo/record-client";
import type { Shadow } from "../shadow/shadow";
import type { Metrics } from "../telemetry/metrics";
import type { ProblemNotes } from "./problem-notes";
import type { Tracing } from "../telemetry/tracing";

/** Everything one system's deliveries need. */
export interface SystemParts {
  code: string;
  name: string;
  /** Unique to this process; claims are made in its name. */
  worker: string;
  /** Odoo's database.uuid; idempotency keys begin from it. */
  databaseUuid: string;
  queue: Queue;
  /** Null without an API key: then nothing is written back and no missing record is asked for. */
  records: RecordClient | null;
  connector: Connector;
  /** Most requests at the same time. */
  concurrency: number;
  /** Name of the connector definition; the mappings to the system stand under it. */
  connectorName: string;
  /** The mappings of each release; a delivery goes under its own. */
  mappings: Pick<Releases, "of">;
  delivery: DeliveryConfig;
  /** Done before anything is sent: learns what changed there meanwhile. Never fails. */
  catchUp: () => Promise<void>;
  metrics: Metrics;
  tracing: Tracing;
  /** Compares what was carried with what versions in shadow would have made of it. */
  shadow: Pick<Shadow, "observe">;
  /** Tells Odoo what needs a person. */
  problems: ProblemNotes;
  log: Logger;
}
