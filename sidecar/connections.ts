import { existsSync } from "node:fs";
import path from "node:path";
import type { Config, SystemConfig } from "./config/config";
import { bundledMappings } from "./config/load";
import {
  adjustDefinition,
  AdjustableConnector,
  checkConnection,
  chooseAuth,
  createConnector,
  effectiveSettings,
  loadDefinition,
  MemoryTokens,
  placesFor,
  type Connector,
  type LoadedDefinition,
} from "./connectors";
import type { ConnectorSettings } from "./domain/connector-settings";
import { HubError, toFailure } from "./domain/errors";
import type { SharedState } from "./domain/shared-state";
import type { TokenStore } from "./domain/token-store";

/** One connection of the configuration with the connector that serves it. */
export interface Connection {
  config: SystemConfig;
  /** Name shown to people. */
  name: string;
  /** As the settings in force leave it. */
  readonly definition: LoadedDefinition;
  connector: Connector;
  /** Most requests at the same time: the configuration may lower the connector's limit, not raise it. */
  concurrency: number;
  /**
   * Has the connector go on with other settings, from the next call on. Throws `connection_invalid` where that makes no
   * connection; then those before stay in force.
   */
  adjust(settings: ConnectorSettings): Promise<void>;
}

/** What a connection's connector shares with other sidecars. */
export interface Sharing {
  /** Rate limits and circuits; counted in this process when absent. */
  state?: SharedState;
  /** Where a system's OAuth tokens are kept; in memory when absent. */
  tokens?: (system: string) => TokenStore;
}

/** What administrators set of each connector, by its code (`systems/<code>/settings.json`). */
export type SettingsByConnector = ReadonlyMap<string, ConnectorSettings>;

/**
 * Makes the connections that are switched on. Throws `connector_missing`, `connector_invalid` or `connection_invalid`
 * with the place and what to do.
 */
export function openConnections(config: Config, settings: SettingsByConnector, sharing: Sharing = {}): Connection[] {
  return config.systems
    .filter((system) => system.enabled)
    .map((system) => openConnection(config, system, settings.get(system.connector) ?? {}, sharing));
}

function openConnection(
  config: Config,
  system: SystemConfig,
  settings: ConnectorSettings,
  { state, tokens }: Sharing,
): Connection {
  const shipped = loadDefinition(folderOf(config, system.connector), schemasOf(config));
  // What was counted and who signed in outlive a change of the settings.
  const kept = { places: placesFor(system.code, state), tokens: tokens?.(system.code) ?? new MemoryTokens() };
  const make = (given: ConnectorSettings): { definition: LoadedDefinition; connector: Connector } =>
    inConfiguration(system, () => {
      const connection = connectionOf(system, given);
      const { settings: values } = checkConnection(shipped, connection);
      const definition = { ...shipped, definition: adjustDefinition(shipped.definition, given, values) };
      const shared = state ? { shared: state } : {};
      return {
        definition,
        connector: createConnector({ code: system.code, definition, connection, ...shared, ...kept }),
      };
    });
  let made = make(settings);
  let inForce = JSON.stringify(settings);
  const most = shipped.definition.limits.concurrency;
  const connector = new AdjustableConnector(made.connector, most);
  return {
    config: system,
    name: system.name ?? shipped.definition.name,
    get definition() {
      return made.definition;
    },
    connector,
    concurrency: Math.min(system.concurrency ?? most, most),
    adjust: async (given) => {
      if (JSON.stringify(given) === inForce) return;
      made = make(given);
      inForce = JSON.stringify(given);
      await connector.replace(made.connector);
    },
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

function connectionOf(
  { baseUrl, settings, credentials }: SystemConfig,
  given: ConnectorSettings,
): Parameters<typeof checkConnection>[1] {
  return {
    ...(baseUrl === null ? {} : { baseUrl }),
    settings: effectiveSettings(given, settings),
    credentials,
  };
}

/** A setting or credential that does not fit is named by its place in the configuration. */
function inConfiguration<T>(system: SystemConfig, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const failure = toFailure(thrown);
    const field = [`systems.${system.code}`, failure.field].filter((part) => part !== undefined).join(".");
    throw new HubError({ ...failure, field }, { cause: thrown });
  }
}

/** A connector's folder; a later folder's takes the place of an earlier one's. Throws `connector_missing`. */
export function folderOf(config: Config, connector: string): string {
  const folders = config.mappings.dirs.map((dir) => path.join(dir, "systems", connector));
  const folder = folders.findLast((candidate) => existsSync(path.join(candidate, "connector.json")));
  if (folder) return folder;
  throw new HubError({
    kind: "data",
    code: "connector_missing",
    message: `No connector "${connector}" was found (${folders.join(", ")}).`,
    hint: `Correct systems.<code>.connector of the configuration, or add systems/${connector}/connector.json to a folder of mappings.dirs.`,
    field: `systems.${connector}.connector`,
  });
}

/** Where our own file formats are described. */
export function schemasOf(config: Config): string {
  const folders = [bundledMappings(), ...config.mappings.dirs].map((dir) => path.join(dir, "schema"));
  return folders.find((folder) => existsSync(folder)) ?? path.join(bundledMappings(), "schema");
}
