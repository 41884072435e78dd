import type { JsonObject } from "../domain/json";
import type { Snapshot } from "./snapshot";
import type { WriteBackLine } from "./write-back";

/** Where a canonical object goes in one system. */
export interface Destination {
  /** Object type of the connector, `company`. */
  type: string;
  /** Mappings and versions used, for the attempt row: `customer@1 > hubspot.customer@1`. */
  mapping: string;
  writeBack: readonly WriteBackLine[];
}

/** A link the document needs and the system does not have yet. */
export interface MissingLink {
  lane: string;
  type: string;
  /** Where in the document the id would stand. */
  path: string;
}

export type LinkLookup = (lane: string, type: string) => string | undefined;

/** Both hops of the mapping for one system. Every failure is a `HubError` of kind `data` that names its field. */
export interface Translator {
  /** Throws `mapping_missing` when the system takes no such object. */
  destination(object: string, model: string): Destination;
  toCanonical(object: string, model: string, snapshot: Snapshot): JsonObject;
  /** The links that `toDocument` will look up, so that a whole batch is fetched in one query. */
  linkedLanes(object: string, canonical: JsonObject): { lane: string; type: string }[];
  /** Validated vendor document; when links are missing it is not complete and must not be sent. */
  toDocument(
    object: string,
    canonical: JsonObject,
    link: LinkLookup,
  ): { document: JsonObject; missingLinks: MissingLink[] };
}
