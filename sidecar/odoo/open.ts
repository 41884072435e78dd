import type { Logger } from "pino";
import type { OdooConfig } from "../config/config";
import { HubError } from "../domain/errors";
import { ApiQueue } from "./api-queue";
import { Json2Client } from "./json2-client";
import { JsonRpcClient } from "./jsonrpc-client";
import { PostgresQueue } from "./postgres-queue";
import { CONTRACT_VERSION, type Identity, type Queue } from "./queue";
import type { RecordClient } from "./record-client";

/** The client for Odoo's models in the configured protocol; null without an API key. Nothing is connected yet. */
export function openRecords(config: OdooConfig): RecordClient | null {
  const { url, database, apiKey, login } = config;
  if (apiKey === null) return null;
  const timeoutMs = config.timeoutSeconds * 1000;
  return config.protocol === "jsonrpc"
    ? new JsonRpcClient({ url, database, login: login ?? "", apiKey, timeoutMs })
    : new Json2Client({ url, database, apiKey, timeoutMs });
}

/** The queue over the configured transport. Nothing is connected yet. */
export function openQueue(config: OdooConfig, records: RecordClient | null, log: Logger): Queue {
  if (config.transport === "postgres") return new PostgresQueue({ url: config.queueUrl ?? "", log });
  if (records) return new ApiQueue(records);
  throw new HubError({
    kind: "data",
    code: "config_missing_key",
    message: "Transport api needs an API key.",
    hint: "Set odoo.api_key.",
    field: "odoo.api_key",
  });
}

/**
 * Makes sure that this is the database that was meant, in a version we speak. Throws `contract_unsupported` or
 * `database_not_ours`, and whatever the queue throws when it cannot be asked.
 */
export async function verifyIdentity(queue: Queue, config: OdooConfig): Promise<Identity> {
  const identity = await queue.identity();
  if (identity.contractVersion !== CONTRACT_VERSION) {
    throw new HubError({
      kind: "data",
      code: "contract_unsupported",
      message: `Odoo's queue contract is version ${identity.contractVersion}; this sidecar speaks version ${CONTRACT_VERSION}.`,
      hint:
        identity.contractVersion > CONTRACT_VERSION
          ? "Update the sidecar."
          : "Update the addon integration_hub in Odoo (-u integration_hub).",
      field: "odoo",
    });
  }
  if (config.databaseUuid !== null && config.databaseUuid !== identity.databaseUuid) {
    throw new HubError({
      kind: "policy",
      code: "database_not_ours",
      message: `The database "${identity.database}" is not the one this sidecar belongs to: its uuid is ${identity.databaseUuid}.`,
      hint: "If this is a copy, let it rest, or give it a sidecar of its own; if it took the original's place, correct odoo.database_uuid.",
      field: "odoo.database_uuid",
    });
  }
  return identity;
}
