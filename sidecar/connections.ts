import { existsSync } from "node:fs";
import path from "node:path";
import type { Config, SystemConfig } from "./config/config";
import { bundledMappings } from "./config/load";
import { chooseAuth, createConnector, loadDefinition, type Connector, type LoadedDefinition } from "./connectors";
import { HubError, toFailure } from "./domain/errors";
import type { SharedState } from "./domain/shared-state";
import type { TokenStore } from "./domain/token-store";

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

/** What a connection's connector shares with other sidecars. */
export interface Sharing {
  /** Rate limits and circuits; counted in this process when absent. */
  state?: SharedState;
  /** Where a system's OAuth tokens are kept; in memory when absent. */
  tokens?: (system: string) => TokenStore;
}

/**
 * Makes the connections that are switched on. Throws `connector_missing`, `connector_invalid` or `connection_invalid`
 * with the place and what to do.
 */
export function openConnections(config: Config, sharing: Sharing = {}): Connection[] {
  return config.systems.filter((system) => system.enabled).map((system) => openConnection(config, system, sharing));
}

function openConnection(config: Config, system: SystemConfig, sharing: Sharing): Connection {
  const definition = loadDefinition(folderOf(config, system), schemasOf(config));
  const connector = create(system, definition, sharing);
  return {
    config: system,
    name: system.name ?? definition.definition.name,
    definition,
    connector,
    concurrency: Math.min(system.concurrency ?? connector.concurrency, connector.concurrency),
  };
}

/** Connections whose sign-in may be lost at a restart: a rotated refresh token is kept in memory only. */
export function unkeptSignIns(connections: readonly Connection[], { store }: Config): string[] {
  if (store.url !== null && store.key !== null) return [];
  return connections
    .filter(({ config, definition: { definition } }) => {
      const way = chooseAuth(definition.name, definition.auth, config.credentials);
      return way.type === "oauth2" && way.grant === "refresh_token";
    })
    .map(({ config }) => config.code);
}

/** A setting or credential that does not fit is named by its place in the configuration. */
function create(system: SystemConfig, definition: LoadedDefinition, { state, tokens }: Sharing): Connector {
  try {
    return createConnector({
      code: system.code,
      definition,
      connection: {
        ...(system.baseUrl === null ? {} : { baseUrl: system.baseUrl }),
        settings: system.settings,
        credentials: system.credentials,
      },
      ...(state ? { shared: state } : {}),
      ...(tokens ? { tokens: tokens(system.code) } : {}),
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
