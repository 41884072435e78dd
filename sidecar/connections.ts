import { existsSync } from "node:fs";
import path from "node:path";
import type { Config, SystemConfig } from "./config/config";
import { bundledMappings } from "./config/load";
import { createConnector, loadDefinition, type Connector, type LoadedDefinition } from "./connectors";
import { HubError, toFailure } from "./domain/errors";
import type { SharedState } from "./domain/shared-state";

/** One connection of the configuration with the connector that serves it. */
export interface Connection {
  config: SystemConfig;
  /** Name shown to people. */
  name: string;
  definition: LoadedDefinition;
  connector: Connector;
  /** Most requests at the same time: the configuration may lower the connector's limit, not raise it. */
  concurrency: number;
}

/**
 * Makes the connections that are switched on. Throws `connector_missing`, `connector_invalid` or `connection_invalid`
 * with the place and what to do. `shared`: what the sidecars know together; without it each counts for itself.
 */
export function openConnections(config: Config, shared?: SharedState): Connection[] {
  return config.systems.filter((system) => system.enabled).map((system) => openConnection(config, system, shared));
}

function openConnection(config: Config, system: SystemConfig, shared: SharedState | undefined): Connection {
  const definition = loadDefinition(folderOf(config, system), schemasOf(config));
  const connector = create(system, definition, shared);
  return {
    config: system,
    name: system.name ?? definition.definition.name,
    definition,
    connector,
    concurrency: Math.min(system.concurrency ?? connector.concurrency, connector.concurrency),
  };
}

/** A setting or credential that does not fit is named by its place in the configuration. */
function create(system: SystemConfig, definition: LoadedDefinition, shared: SharedState | undefined): Connector {
  try {
    return createConnector({
      code: system.code,
      definition,
      connection: {
        ...(system.baseUrl === null ? {} : { baseUrl: system.baseUrl }),
        settings: system.settings,
        credentials: system.credentials,
      },
      ...(shared ? { shared } : {}),
    });
  } catch (thrown) {
    const failure = toFailure(thrown);
    const field = [`systems.${system.code}`, failure.field].filter((part) => part !== undefined).join(".");
    throw new HubError({ ...failure, field }, { cause: thrown });
  }
}

/** A later folder's connector takes the place of an earlier one's. */
function folderOf(config: Config, system: SystemConfig): string {
  const folders = config.mappings.dirs.map((dir) => path.join(dir, "systems", system.connector));
  const folder = folders.findLast((candidate) => existsSync(path.join(candidate, "connector.json")));
  if (folder) return folder;
  throw new HubError({
    kind: "data",
    code: "connector_missing",
    message: `No connector "${system.connector}" was found (${folders.join(", ")}).`,
    hint: `Correct systems.${system.code}.connector, or add systems/${system.connector}/connector.json to a folder of mappings.dirs.`,
    field: `systems.${system.code}.connector`,
  });
}

function schemasOf(config: Config): string {
  const folders = [bundledMappings(), ...config.mappings.dirs].map((dir) => path.join(dir, "schema"));
  return folders.find((folder) => existsSync(folder)) ?? path.join(bundledMappings(), "schema");
}
