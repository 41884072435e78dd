import type { SystemConfig } from "../config/config";
import type { Json, JsonObject } from "../domain/json";
import type { Library, MappingRegistry } from "../mapping/registry";
import type { RecordClient } from "../odoo/record-client";

/** A connection as people see it. */
export interface NamedSystem {
  config: SystemConfig;
  name: string;
}

/** The release that is in force here. */
export interface PublishedRelease {
  number: number;
  mappings: Pick<MappingRegistry, "catalogue" | "destination">;
}

/**
 * What this sidecar can carry, for its own connections: mappings know connectors, Odoo knows connections, and there may
 * be two connections with one connector. A rule for systems that are not connected is left out. It names its
 * release: what was made from another one than is in force in Odoo is not captured there. `library`: what Odoo's editor builds on.
 */
export function catalogueFor(
  { number, mappings }: PublishedRelease,
  systems: readonly NamedSystem[],
  library?: Library,
): JsonObject {
  const catalogue = mappings.catalogue([...new Set(systems.map((system) => system.config.connector))]);
  const codesOf = (connector: string): string[] =>
    systems.filter((system) => system.config.connector === connector).map((system) => system.config.code);
  const taken = new Map(catalogue.systems.map((system) => [system.code, system.objects]));
  const rules = catalogue.rules
    .map((rule) => ({ ...rule, systems: rule.systems.flatMap(codesOf) }))
    .filter((rule) => rule.systems.length > 0);
  return {
    release: number,
    objects: catalogue.objects as unknown as Json,
    systems: systems.map(({ config, name }) => ({
      code: config.code,
      name,
      connector: config.connector,
      objects: taken.get(config.connector) ?? [],
      // What the system calls each of them: a person who links a record by hand need not know.
      types: Object.fromEntries(
        (taken.get(config.connector) ?? []).map((object) => [
          object,
          mappings.destination(config.connector, object).type,
        ]),
      ),
    })),
    rules: rules,
    ...(library as unknown as JsonObject | undefined),
  };
}

/** Stores it in Odoo; publishing the same again changes nothing. Answers the codes of systems that are new there. */
export async function publishCatalogue(records: RecordClient, catalogue: JsonObject): Promise<string[]> {
  const answer = await records.call<{ created_systems?: string[] }>("integration.catalogue", "publish", { catalogue });
  return answer.created_systems ?? [];
}
