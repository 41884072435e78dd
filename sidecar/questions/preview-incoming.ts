import { randomUUID } from "node:crypto";
import type { Connection } from "../connections";
import type { FetchCall, Fetched } from "../connectors";
import { HubError, toFailure, type Failure } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import { prepare, type Preparation } from "../inbound/prepare";
import { workOn } from "../inbound/records";
import { MappingPackError, type MappingRegistry } from "../mapping/registry";
import { childOf, toTraceparent } from "../telemetry/trace-context";
import { failureToJson, notConnected, textOf, type PreviewParts } from "./preview";
import { overlayOf } from "./check";

/** A vendor that is slower than this is not waited for: a person is. Milliseconds. */
const PATIENCE_MS = 4_000;

/**
 * What would become of a vendor's record in Odoo. The record is read there once, as it is now; nothing is written, here or there. Request:
 * `{"overlay", "in_force"?, "object", "system", "id"}` (`id`: the vendor's; `in_force`: an overlay to compare with). Answer: `{"found", "id",
 * "type", "url", "record", "canonical", "document", "mapping", "problems", "item", "active"}`. `record` is what the vendor sent; `document`
 * what Odoo is asked to bring about; `problems` are failures, `{"kind", "code", "message", "hint", "field"}`; `item` is what
 * `integration.inbound.receive` would be given; `active`: `{"canonical", "document"}` of the same record under `in_force`, or null. Of a record
 * that the vendor does not have, `found` is false and `item` says that it is gone. `{"refused": true, "problems": [{"path", "pointer",
 * "reason", "fix"}]}` where the pack does not compile with the overlay. Throws what stopped the reading.
 */
export async function previewIncoming(
  { pack, connections }: Pick<PreviewParts, "pack" | "connections">,
  request: JsonObject,
): Promise<JsonObject> {
  const object = textOf(request, "object");
  const code = textOf(request, "system");
  const id = textOf(request, "id");
  const connection = connections.find(({ config }) => config.code === code);
  if (!connection) throw notConnected(code);
  let registry: MappingRegistry;
  try {
    registry = pack.registry(overlayOf(request));
  } catch (thrown) {
    if (!(thrown instanceof MappingPackError)) throw thrown;
    return {
      refused: true,
      problems: thrown.problems.map(({ file: path, path: pointer, ...rest }) => ({ path, pointer, ...rest })),
    };
  }
  const { connector, code: system } = connection.config;
  const type = registry.inbound.typeOf(connector, object);
  if (type === undefined) throw doesNotComeIn(object, connection.name);
  const inForce = registryInForce(pack, request);
  const reads = [registry, inForce].flatMap((each) => each?.inbound.reads(connector, type) ?? []);
  const traceparent = toTraceparent(childOf(""));
  const under = { system, connector, release: 0, mappings: registry, traceparent };
  const fetched = await read(connection, type, id, { traceparent, reads });
  const made = through(fetched, type, under);
  const { item } = prepare(workOn(type, id, "odoo"), fetched, under);
  return {
    found: fetched.found !== null,
    id: fetched.found?.id ?? id,
    type,
    url: fetched.found?.url ?? null,
    record: fetched.found?.record ?? null,
    canonical: made.canonical,
    document: made.document,
    mapping: item["mapping"] ?? null,
    problems: made.problems,
    // Another look at the same state is another question.
    item: { ...item, key: randomUUID() },
    active: asInForce(inForce, fetched, type, under),
  };
}

async function read(
  { connector, name }: Connection,
  type: string,
  id: string,
  call: Pick<FetchCall, "traceparent" | "reads">,
): Promise<Fetched> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const [result] = await connector.source.fetch(type, [id], { ...call, priority: 0, signal });
  if (result && "found" in result) return result;
  throw signal.aborted || !result ? didNotAnswer(name) : new HubError(result.failure);
}

/** How far a record gets, and why no further. */
function through({ found }: Fetched, type: string, { system, connector, mappings }: Preparation): Made {
  const made: Made = { canonical: null, document: null, problems: [] };
  if (found === null) return made;
  try {
    const { object, canonical } = mappings.inbound.toCanonical(connector, type, found.record, system);
    made.canonical = canonical;
    made.document = mappings.inbound.toOdoo(object, canonical);
  } catch (thrown) {
    const failure = toFailure(thrown);
    if (failure.code === "unexpected_error") throw thrown;
    made.problems.push(failureToJson(failure));
  }
  return made;
}

interface Made extends JsonObject {
  canonical: JsonObject | null;
  document: JsonObject | null;
  problems: JsonObject[];
}

/** What counts now; null where that is not asked for, or does not compile. */
function registryInForce(pack: PreviewParts["pack"], request: JsonObject): MappingRegistry | null {
  const overlay = request["in_force"];
  if (overlay === undefined || overlay === null) return null;
  try {
    return pack.registry(overlayOf({ overlay }));
  } catch (thrown) {
    if (!(thrown instanceof MappingPackError)) throw thrown;
    return null;
  }
}

/** The same record under what counts now. */
function asInForce(mappings: MappingRegistry | null, fetched: Fetched, type: string, under: Preparation): Json {
  if (mappings === null) return null;
  const { canonical, document } = through(fetched, type, { ...under, mappings });
  return { canonical, document };
}

function doesNotComeIn(object: string, name: string): HubError {
  return new HubError({
    kind: "data",
    code: "mapping_not_found",
    message: `Nothing of ${name} comes in as ${object}.`,
    hint: "Choose another system, or add the mapping (docs/mappings.md, “What comes in”).",
    field: object,
  });
}

function didNotAnswer(name: string): HubError {
  const failure: Failure = {
    kind: "technical",
    code: "vendor_slow",
    message: `${name} did not answer within ${PATIENCE_MS / 1000} seconds.`,
    hint: "Try again in a moment; Systems shows whether it is in trouble.",
  };
  return new HubError(failure);
}
