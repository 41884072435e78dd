import type { Connection } from "../connections";
import { HubError, toFailure, type Failure } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import {
  MappingPackError,
  preview as previewMapping,
  type MappingPack,
  type MappingRegistry,
} from "../mapping/registry";
import type { LaneLink, Queue } from "../odoo/queue";
import { overlayOf } from "./check";
import { differences } from "./differences";

/** What a preview is answered from. */
export interface PreviewParts {
  pack: MappingPack;
  connections: readonly Connection[];
  queue: Pick<Queue, "links">;
}

/** A vendor that is slower than this is not waited for: a person is. Milliseconds. */
const PATIENCE_MS = 3_000;

/**
 * What would become of a record, without sending anything. Request: `{"overlay", "object", "system", "record", "lane"}`
 * (`record`: the snapshot, as captured). Answer: `{"canonical", "document", "mapping", "problems", "waits_for", "current",
 * "current_known", "differences", "would_skip"}`. `problems` are failures, `{"kind", "code", "message", "hint", "field"}`;
 * `current` is what the system holds now of the fields that would be written, by its own names, null when it has no such
 * record, and `current_known` false when it was not or could not be read (`current_problem` says why); `differences`
 * `[{"path", "now", "then"}]` by the same names; `would_skip`: nothing would change there.
 */
export async function preview(parts: PreviewParts, request: JsonObject): Promise<JsonObject> {
  const object = textOf(request, "object");
  const system = textOf(request, "system");
  const lane = textOf(request, "lane");
  const connection = parts.connections.find(({ config }) => config.code === system);
  if (!connection) throw notConnected(system);
  let registry: MappingRegistry;
  try {
    registry = parts.pack.registry(overlayOf(request));
  } catch (thrown) {
    if (!(thrown instanceof MappingPackError)) throw thrown;
    return { ...NOTHING, problems: thrown.problems.map(({ file, reason, fix }) => mappingProblem(file, reason, fix)) };
  }
  const connector = connection.config.connector;
  const payload: JsonObject = { record: request["record"] ?? null };
  const links = await linksFor(parts, registry, { system, connector, object, lane, payload });
  const link = (other: string, type: string): string | undefined =>
    links.find((known) => known.lane === other && known.type === type)?.externalId;
  const made = previewMapping(registry, connector, object, payload, { link });
  const { outgoing } = made;
  const answer = {
    ...NOTHING,
    canonical: made.canonical ?? null,
    document: outgoing?.document ?? null,
    mapping: outgoing?.mapping ?? null,
    problems: made.findings.map(failureToJson),
    waits_for: made.waitsFor.map(({ lane: other, type, path }) => ({ lane: other, type, path })),
  };
  if (!outgoing) return answer;
  const externalId = link(lane, outgoing.type) ?? null;
  return { ...answer, ...(await compared(connection, lane, outgoing.type, outgoing.document, externalId)) };
}

const NOTHING: JsonObject = {
  canonical: null,
  document: null,
  mapping: null,
  problems: [],
  waits_for: [],
  current: null,
  current_known: false,
  differences: [],
  would_skip: false,
};

/** The links that the document needs and the record's own, in one query. */
async function linksFor(
  parts: PreviewParts,
  registry: MappingRegistry,
  of: { system: string; connector: string; object: string; lane: string; payload: JsonObject },
): Promise<LaneLink[]> {
  const { canonical } = previewMapping(registry, of.connector, of.object, of.payload, { link: () => undefined });
  const needed =
    canonical && registry.takes(of.connector, of.object)
      ? registry.linkedLanes(of.connector, of.object, canonical).map(({ lane }) => lane)
      : [];
  return parts.queue.links(of.system, [...new Set([of.lane, ...needed])]);
}

/** What the system holds now beside what it would hold; a system that does not answer takes nothing from the preview. */
async function compared(
  { connector }: Connection,
  lane: string,
  type: string,
  document: JsonObject,
  externalId: string | null,
): Promise<JsonObject> {
  const input = {
    key: lane,
    type,
    operation: "upsert" as const,
    priority: 0,
    document,
    externalId,
    verify: false,
    idempotencyKey: "",
    firstAttemptAt: null,
    lastAttemptAt: null,
    traceparent: "",
  };
  try {
    const found = await connector.compare(input, AbortSignal.timeout(PATIENCE_MS));
    if (!found) return {};
    const changes = differences(found.now ?? {}, found.then, true);
    return {
      current: found.now,
      current_known: true,
      differences: changes as unknown as Json,
      would_skip: found.now !== null && changes.length === 0,
    };
  } catch (thrown) {
    return { current_problem: failureToJson(toFailure(thrown)) };
  }
}

export function failureToJson({ kind, code, message, hint, field }: Failure): JsonObject {
  return { kind, code, message, hint, field: field ?? null };
}

function mappingProblem(file: string, reason: string, fix: string): JsonObject {
  return { kind: "data", code: "mapping_invalid", message: `${file}: ${reason}`, hint: fix, field: file };
}

export function textOf(request: JsonObject, key: string): string {
  const value = request[key];
  if (typeof value === "string" && value !== "") return value;
  throw new HubError({
    kind: "data",
    code: "question_incomplete",
    message: `The question names no ${key}.`,
    hint: "Update the addon and the sidecar to the same version.",
    field: key,
  });
}

export function notConnected(system: string): HubError {
  return new HubError({
    kind: "data",
    code: "system_not_connected",
    message: `The sidecar has no connection "${system}".`,
    hint: "Choose a system that is connected, or add it to the sidecar's configuration.",
    field: system,
  });
}
