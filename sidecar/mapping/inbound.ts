import type { JsonObject } from "../domain/json";
import { HubError, isHubError } from "../domain/errors";
import type { CanonicalObject } from "./canonical";
import type { Identification, InEvents } from "./definition";
import { dataFailure } from "./fault";
import type { CompiledMapping, RunContext } from "./run";
import { run } from "./run";

/** A vendor's record as a canonical object. */
export interface SystemInEntry {
  mapping: CompiledMapping;
  /** The connector's object type. */
  type: string;
  target: CanonicalObject;
}

/** A canonical object as an Odoo document. */
export interface OdooInEntry {
  mapping: CompiledMapping;
  model: string;
}

/** What a vendor's record is to us. */
export interface InRecord {
  object: string;
  canonical: JsonObject;
}

/** What Odoo is asked to bring about (docs/mappings.md, "What comes in"). */
export interface OdooDocument extends JsonObject {
  model: string;
  values: JsonObject;
}

const NO_LINKS: RunContext["link"] = () => undefined;

/** The mappings of what comes in. Part of the registry; everything in it is compiled and checked. */
export class InboundMappings {
  constructor(
    private readonly odoo: ReadonlyMap<string, OdooInEntry> = new Map(),
    /** By connector, then by object. */
    private readonly systems: ReadonlyMap<string, ReadonlyMap<string, SystemInEntry>> = new Map(),
  ) {}

  /** Object types of a connector whose records become something in Odoo. */
  types(connector: string): string[] {
    return [...(this.systems.get(connector)?.values() ?? [])].map(({ type }) => type);
  }

  /** What a connector's type is to us, `customer`; undefined where nothing takes it. */
  objectOf(connector: string, type: string): string | undefined {
    for (const [object, entry] of this.systems.get(connector) ?? []) if (entry.type === type) return object;
    return undefined;
  }

  /** Type of a connector that comes in as an object; undefined where none does. */
  typeOf(connector: string, object: string): string | undefined {
    return this.systems.get(connector)?.get(object)?.type;
  }

  /** Dotted paths of a type's record that its mapping reads; none where nothing takes it. */
  reads(connector: string, type: string): readonly string[] {
    const object = this.objectOf(connector, type);
    return object === undefined ? [] : (this.systems.get(connector)?.get(object)?.mapping.sourcePaths ?? []);
  }

  /**
   * A vendor's record → validated canonical object. Throws a data failure that names the canonical field.
   * @param system the connection's code: identifiers are made with it
   */
  toCanonical(connector: string, type: string, record: JsonObject, system: string): InRecord {
    const object = this.objectOf(connector, type);
    const entry = object === undefined ? undefined : this.systems.get(connector)?.get(object);
    if (object === undefined || entry === undefined)
      throw noMapping(type, `No mapping takes a ${type} of ${connector}.`);
    return atTheVendor(connector, () => {
      const { document } = run(entry.mapping, record, { link: NO_LINKS, system });
      entry.target.check(document);
      return { object, canonical: document };
    });
  }

  /** Canonical object → what Odoo is asked to bring about. Throws a data failure that names the canonical field. */
  toOdoo(object: string, canonical: JsonObject): OdooDocument {
    const { mapping, model } = this.odooEntry(object);
    const { document } = run(mapping, canonical, { link: NO_LINKS });
    return { values: {}, ...document, model };
  }

  /** How a record that is not linked yet is recognised. */
  identify(object: string): readonly Identification[] {
    return this.odooEntry(object).mapping.definition.identify ?? [];
  }

  /** The Odoo model of an object that comes in. */
  modelOf(object: string): string {
    return this.odooEntry(object).model;
  }

  /** The mapping of an object to its Odoo document. */
  odooMapping(object: string): CompiledMapping {
    return this.odooEntry(object).mapping;
  }

  /** Event types of an object that comes in. */
  events(object: string): Required<InEvents> {
    const event = this.odoo.get(object)?.mapping.definition.event;
    return { upsert: event?.upsert ?? `${object}.changed`, gone: event?.gone ?? `${object}.deleted` };
  }

  /** The canonical object of a type, with its life cycle. */
  canonicalOf(connector: string, object: string): CanonicalObject | undefined {
    return this.systems.get(connector)?.get(object)?.target;
  }

  /** For the delivery: `hubspot.company@1 > customer@1 > res.partner@1`. */
  nameOf(connector: string, object: string): string {
    const entry = this.systems.get(connector)?.get(object);
    const odoo = this.odoo.get(object);
    const from = entry ? `${connector}.${entry.type}@${entry.mapping.definition.version} > ` : "";
    return `${from}${object}@${entry?.target.version ?? 1} > ${odoo?.model ?? "?"}@${odoo?.mapping.definition.version ?? 1}`;
  }

  private odooEntry(object: string): OdooInEntry {
    const entry = this.odoo.get(object);
    if (entry === undefined) throw noMapping(object, `No mapping takes ${object} into Odoo.`);
    return entry;
  }
}

/** The value that is wrong stands at the vendor, so that is where it is corrected. */
function atTheVendor<Result>(connector: string, work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    if (!isHubError(thrown) || thrown.code === "value_unknown") throw thrown;
    const hint = `Correct the value in ${connector}; the change there is taken over by itself. Or correct the mapping, then retry.`;
    throw new HubError({ ...thrown.failure, hint }, { cause: thrown });
  }
}

function noMapping(field: string, message: string): HubError {
  return dataFailure("mapping_not_found", field, message, "Add the mapping (docs/mappings.md, “What comes in”).");
}
