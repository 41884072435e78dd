import type { ConnectorSettings } from "../domain/connector-settings";
import type { JsonObject } from "../domain/json";
import { HubError } from "../domain/errors";
import type { CanonicalObject } from "./canonical";
import type { Catalogue } from "./catalogue";
import { askedPaths } from "./catalogue";
import type { RuleDefinition, WriteBack } from "./definition";
import type { DocumentCheck } from "./documents";
import { dataFailure } from "./fault";
import type { InboundMappings } from "./inbound";
import { neededPaths } from "./needed-paths";
import type { Ownership } from "./ownership";
import { isObject } from "./paths";
import type { CompiledMapping, MissingLink, RunContext } from "./run";
import { linkedLanes, run } from "./run";

/** An Odoo model as a canonical object. */
export interface OdooEntry {
  mapping: CompiledMapping;
  model: string;
  target: CanonicalObject;
}

/** A canonical object as a vendor's document. */
export interface SystemEntry {
  mapping: CompiledMapping;
  /** The connector's object type. */
  type: string;
  /** Checks the finished document, where the system's folder has a schema for it. */
  checkDocument: DocumentCheck | undefined;
}

export interface SystemDocument extends Destination {
  /** What the connector's templates call `doc`. Not complete while links are missing. */
  document: JsonObject;
  missingLinks: MissingLink[];
}

/** Where an object goes in a system, known before anything is mapped (a delete needs no more). */
export interface Destination {
  /** The connector's object type, `company`. */
  type: string;
  /** For the attempt: `customer@1 > hubspot.company@1`. */
  mapping: string;
  writeBack: readonly WriteBack[];
}

/** The mappings in force. Made by loadMappings; everything in it is compiled and checked. */
export class MappingRegistry {
  constructor(
    private readonly odoo: ReadonlyMap<string, OdooEntry>,
    private readonly systems: ReadonlyMap<string, ReadonlyMap<string, SystemEntry>>,
    private readonly rules: readonly RuleDefinition[],
    /** Who owns which field, for what comes in as well. */
    readonly ownership: Ownership,
    /** What administrators set of each connector, by its code. */
    readonly settings: ReadonlyMap<string, ConnectorSettings>,
    /** The mappings of what comes in. */
    readonly inbound: InboundMappings,
  ) {}

  /** Snapshot → validated canonical object. Throws a data failure that names the canonical field. */
  toCanonical(object: string, payload: JsonObject): JsonObject {
    const entry = this.odoo.get(object);
    if (entry === undefined) throw noMapping(object, `No Odoo mapping makes "${object}".`);
    const record = Object.hasOwn(payload, "record") ? payload["record"] : undefined;
    if (!isObject(record)) {
      throw dataFailure(
        "payload_unreadable",
        object,
        "The event carries no record.",
        "Read the record again in Odoo (Read again and send).",
      );
    }
    const { document } = run(entry.mapping, record, NO_LINKS);
    entry.target.check(document);
    return document;
  }

  /**
   * Canonical object → the document a system's connector sends. While links are missing the document is returned as far as
   * it goes and is not checked: the delivery waits for them. What the system owns is not in it. Throws a policy failure where nothing is left.
   */
  toSystem(system: string, object: string, canonical: JsonObject, context: RunContext): SystemDocument {
    const entry = this.entryOf(system, object);
    if (!carriesSomething(entry.mapping)) throw ownedByTarget(system, object);
    const { document, missingLinks } = run(entry.mapping, canonical, context);
    if (missingLinks.length === 0) entry.checkDocument?.(document);
    return { ...this.destination(system, object), document, missingLinks };
  }

  /** Type, mapping name and write-back of an object in a system. Throws `mapping_not_found` when the system does not take it. */
  destination(system: string, object: string): Destination {
    const entry = this.entryOf(system, object);
    return { type: entry.type, mapping: this.nameOf(system, object, entry), writeBack: entry.mapping.writeBack };
  }

  /** Target paths that the mapping may fill in a system's document: `properties.name`, `associations.company`. */
  targetPaths(system: string, object: string): string[] {
    return this.entryOf(system, object).mapping.lines.map(({ to }) => to);
  }

  /** The links toSystem would look up: fetch those of a batch in one query, then give it a synchronous lookup. */
  linkedLanes(system: string, object: string, canonical: JsonObject): { lane: string; type: string }[] {
    return linkedLanes(this.entryOf(system, object).mapping, canonical);
  }

  /** Whether a system takes an object at all. */
  takes(system: string, object: string): boolean {
    return this.systems.get(system)?.has(object) ?? false;
  }

  /** Whether an object's mapping to a system, where there is one, looks up links at all. */
  asksForLinks(system: string, object: string): boolean {
    return (this.systems.get(system)?.get(object)?.mapping.linkCollectors.length ?? 0) > 0;
  }

  /**
   * What is published to Odoo. Of each object only the paths that the systems of these connectors use: what nobody uses never leaves Odoo's
   * tables, and a change of it is no event. Without `connectors`: of all systems there are mappings for.
   */
  catalogue(connectors: readonly string[] = [...this.systems.keys()]): Catalogue {
    return {
      objects: [...this.odoo.entries()].map(([object, { mapping, model, target }]) => ({
        object,
        title: target.title,
        model,
        version: target.version,
        paths: askedPaths(neededPaths(mapping.definition.lines, target.schema, this.readersOf(object, connectors))),
      })),
      systems: [...this.systems.entries()].map(([code, objects]) => ({ code, objects: [...objects.keys()] })),
      rules: [...this.rules],
    };
  }

  /** The canonical paths that each of these connectors' mappings reads of an object. */
  private readersOf(object: string, connectors: readonly string[]): (readonly string[])[] {
    return connectors.flatMap((connector) => {
      const entry = this.systems.get(connector)?.get(object);
      return entry ? [entry.mapping.sourcePaths] : [];
    });
  }

  private entryOf(system: string, object: string): SystemEntry {
    const entry = this.systems.get(system)?.get(object);
    if (entry === undefined) throw noMapping(object, `${system} has no mapping for "${object}".`);
    return entry;
  }

  private nameOf(system: string, object: string, entry: SystemEntry): string {
    const from = this.odoo.get(object)?.target.version ?? 1;
    return `${object}@${from} > ${system}.${entry.type}@${entry.mapping.definition.version}`;
  }
}

/** Whether ownership leaves more of a mapping than the record's identifier. */
function carriesSomething({ lines, definition }: CompiledMapping): boolean {
  return (
    lines.length === definition.lines.length || lines.some((line) => line.from !== "id" && line.const === undefined)
  );
}

function ownedByTarget(system: string, object: string): HubError {
  return new HubError({
    kind: "policy",
    code: "owned_by_target",
    message: `${system} owns every field of ${object} that its mapping would send.`,
    hint: `Take ${system} out of the capture rule for ${object}, or change the ownership matrix in Odoo.`,
    field: object,
  });
}

const NO_LINKS: RunContext = { link: () => undefined };

function noMapping(object: string, message: string): HubError {
  return new HubError({
    kind: "data",
    code: "mapping_not_found",
    message,
    hint: "Take the system out of the capture rule in Odoo, or add the mapping (docs/mappings.md).",
    field: object,
  });
}
