import type { Connection } from "../connections";
import { HubError } from "../domain/errors";
import type { MappingRegistry } from "../mapping/registry";

type Connected = Pick<Connection, "config" | "connector">;

/** Types whose changes can be listed and mean something to Odoo: they come in themselves, or lead to records that do. */
export function listedTypes({ config, connector }: Connected, mappings: Pick<MappingRegistry, "inbound">): string[] {
  const { source } = connector;
  const wanted = new Set(mappings.inbound.types(config.connector));
  return source.listed.filter((type) => wanted.has(type) || source.leadsTo(type).some((other) => wanted.has(other)));
}

/**
 * What a person calls a list: a business object (`customer`), or the connector's own type (`company`). Types whose lists show it: its
 * own, or those that lead to it. Throws `not_listed`.
 */
export function typesFor(connection: Connected, mappings: Pick<MappingRegistry, "inbound">, name: string): string[] {
  const { config, connector } = connection;
  const types = listedTypes(connection, mappings);
  const type = mappings.inbound.typeOf(config.connector, name) ?? name;
  const found = types.includes(type) ? [type] : types.filter((each) => connector.source.leadsTo(each).includes(type));
  if (found.length === 0) throw notListed(config.code, name, types);
  return found;
}

/** The business objects that a list shows: of its own type, and of those it leads to. */
export function objectsOf(
  { config, connector }: Connected,
  mappings: Pick<MappingRegistry, "inbound">,
  type: string,
): string[] {
  const types = [type, ...connector.source.leadsTo(type)];
  const objects = types.map((each) => mappings.inbound.objectOf(config.connector, each));
  return [...new Set(objects.filter((object) => object !== undefined))];
}

export function notListed(system: string, type: string | undefined, types: readonly string[]): HubError {
  const known = types.length === 0 ? "none" : types.join(", ");
  return new HubError({
    kind: "data",
    code: "not_listed",
    message: `Of ${system} no changes of "${type ?? "anything"}" can be listed.`,
    hint: `Name one of: ${known}. The connector definition (objects.<type>.changes) and a mapping of what comes in make more.`,
    field: type ?? system,
  });
}
