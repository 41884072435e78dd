import type { Fetched } from "../connectors";
import { digest } from "../connectors/digest";
import { HubError, isHubError, toFailure, type Failure } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import { inboundRights, type MappingRegistry } from "../mapping/registry";
import type { Work } from "./records";

/** Under what a record is prepared. */
export interface Preparation {
  /** The connection's code. */
  system: string;
  connector: string;
  release: number;
  mappings: MappingRegistry;
  traceparent: string;
}

/** A record as Odoo is to be told of it. */
export interface Prepared {
  /** One item of `integration.inbound.receive` (odoo_addon/integration_hub/models/inbound/integration_inbound.py documents its keys). */
  item: JsonObject;
  /** Names what Odoo is asked to bring about, whenever it is asked. */
  hash: string;
  /** Where its life cycle stands now; undefined where the record does not say. */
  state: Json | undefined;
}

/** Makes Odoo's item of a fetched record. What cannot be mapped becomes an item that carries the failure: people see it in Odoo. */
export function prepare(work: Work, fetched: Fetched, under: Preparation): Prepared {
  const { connector, mappings } = under;
  const { found } = fetched;
  const object = objectOf(work, under);
  if (found === null) {
    const content = contentOf(() => ({ document: { model: mappings.inbound.modelOf(object), values: {} } }));
    return finished(work, fetched.fetchedAt, "gone", content, under);
  }
  let state: Json | undefined;
  const content = contentOf(() => {
    const { canonical } = mappings.inbound.toCanonical(connector, work.type, found.record, under.system);
    const document = mappings.inbound.toOdoo(object, canonical);
    const { lines } = mappings.inbound.odooMapping(object).definition;
    const rights = inboundRights(mappings.ownership, object, connector, lines);
    state = stateOf(mappings, connector, object, canonical);
    const jump = jumpOf(mappings, connector, object, work, state);
    if (jump) return { canonical, document: { model: document.model, values: {} }, error: errorOf(jump) };
    return { canonical, document, identify: identifyOf(mappings, object, canonical), ...rights };
  });
  const { id, url, oldIds, time } = found;
  const more = { external_id: id, url, old_ids: oldIds, ...(time ? { occurred_at: time.toISOString() } : {}) };
  return { ...finished(work, fetched.fetchedAt, "upsert", content, under, more), state };
}

/** What could not even be read is an item too, once waiting does not help. */
export function unreadable(work: Work, failure: Failure, under: Preparation): Prepared {
  return finished(work, new Date(), "upsert", { error: errorOf(failure) }, under);
}

function objectOf(work: Work, { mappings, connector }: Preparation): string {
  return mappings.inbound.objectOf(connector, work.type) ?? work.type;
}

/** What is told of the record; of what cannot be mapped, why. */
function contentOf(make: () => JsonObject): JsonObject {
  try {
    return make();
  } catch (thrown) {
    if (!isHubError(thrown)) throw thrown;
    return { error: errorOf(thrown.failure) };
  }
}

function finished(
  work: Work,
  fetchedAt: Date,
  operation: "upsert" | "gone",
  content: JsonObject,
  under: Preparation,
  more: JsonObject = {},
): Prepared {
  const object = objectOf(work, under);
  const hash = digest({ operation, ...content });
  const externalId = more["external_id"] ?? work.externalId;
  const item: JsonObject = {
    key: digest({ type: work.type, id: externalId, hash, claims: work.asked?.claims ?? 0 }),
    type: work.type,
    external_id: externalId,
    object,
    event_type: under.mappings.inbound.events(object)[operation],
    operation,
    fetched_at: fetchedAt.toISOString(),
    traceparent: under.traceparent,
    release: under.release,
    mapping: under.mappings.inbound.nameOf(under.connector, object),
    priority: work.priority,
    first_load: work.firstLoad,
    ...(work.namedAt ? { named_at: work.namedAt.toISOString() } : {}),
    ...(work.asked ? { delivery_id: work.asked.deliveryId } : {}),
    ...more,
    ...content,
  };
  return { item, hash, state: undefined };
}

/** What Odoo does not have to be asked about: it was, since the record last changed there. */
export function isEcho(work: Work, fetched: Fetched, { hash }: Prepared): boolean {
  const { last, asked } = work;
  if (asked !== null || last === null || last.hash !== hash) return false;
  const time = fetched.found?.time ?? null;
  // A change within the same tick of the vendor's clock could hide behind the same moment.
  return (
    time !== null && last.vendorTime?.getTime() === time.getTime() && last.fetchedAt.getTime() - time.getTime() > 2_000
  );
}

function identifyOf(mappings: MappingRegistry, object: string, canonical: JsonObject): JsonObject[] {
  return mappings.inbound.identify(object).map(({ as, fields, also = [], sure = false }) => {
    const values = also.map((name) => canonical[name]).filter((value) => typeof value === "string" && value !== "");
    return { as, fields: [...fields], sure, ...(values.length > 0 ? { values: values as string[] } : {}) };
  });
}

function stateOf(
  mappings: MappingRegistry,
  connector: string,
  object: string,
  canonical: JsonObject,
): Json | undefined {
  const field = mappings.inbound.canonicalOf(connector, object)?.lifecycle.field;
  return field !== undefined && Object.hasOwn(canonical, field) ? canonical[field] : undefined;
}

/** Whether the record got where it cannot have come from; null when it may be so, or a person said so (MAP-06). */
function jumpOf(
  mappings: MappingRegistry,
  connector: string,
  object: string,
  work: Work,
  to: Json | undefined,
): Failure | null {
  const from = work.state;
  const lifecycle = mappings.inbound.canonicalOf(connector, object)?.lifecycle;
  if (from === undefined || to === undefined || !lifecycle || work.asked !== null) return null;
  try {
    lifecycle.check(from as string, to as string);
    return null;
  } catch (thrown) {
    const failure = thrown instanceof HubError ? thrown.failure : toFailure(thrown);
    const hint = `Put it right in ${connector}, or accept it this once: then it is taken over as it is.`;
    return { ...failure, code: "state_jump", hint };
  }
}

function errorOf({ kind, code, message, hint, field }: Failure): JsonObject {
  return { kind, code, message, hint, field: field ?? null };
}
