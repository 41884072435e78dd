import type { Config } from "./config/config";
import { folderOf, schemasOf, type SettingsByConnector } from "./connections";
import { loadDefinition, settingsProblems, type ConnectorDefinition } from "./connectors";
import { isHubError } from "./domain/errors";
import type { PackProblem } from "./mapping/registry";

/** What is wrong with connectors' settings, by place; nothing of it is a secret. */
export type SettingsCheck = (settings: SettingsByConnector) => PackProblem[];

/** Checks settings against the definitions in the pack's folders, and against what this configuration sets itself. */
export function settingsCheck(config: Config): SettingsCheck {
  const definitions = new Map<string, ConnectorDefinition | null>();
  const definitionOf = (connector: string): ConnectorDefinition | null => {
    let found = definitions.get(connector);
    if (found === undefined) definitions.set(connector, (found = readDefinition(config, connector)));
    return found;
  };
  return (settings) =>
    [...settings].flatMap(([connector, given]) => {
      const file = `systems/${connector}/settings.json`;
      const definition = definitionOf(connector);
      if (!definition) {
        const fix = `Add systems/${connector}/connector.json to the pack, or remove the settings.`;
        return [{ file, path: "", reason: "there is no such connector", fix }];
      }
      const configured = config.systems
        .filter((system) => system.enabled && system.connector === connector)
        .map((system) => ({
          settings: system.settings,
          ...(system.baseUrl === null ? {} : { baseUrl: system.baseUrl }),
        }));
      return settingsProblems(definition, given, configured).map((problem) => ({ file, ...problem }));
    });
}

/** Null where there is no such folder; what is wrong with one that is there is told when its system is connected. */
function readDefinition(config: Config, connector: string): ConnectorDefinition | null {
  try {
    return loadDefinition(folderOf(config, connector), schemasOf(config)).definition;
  } catch (thrown) {
    if (isHubError(thrown) && thrown.code === "connector_missing") return null;
    throw thrown;
  }
}
