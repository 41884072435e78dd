import type { ClaimedDelivery, DeliveryState, Link, Operation, Settlement } from "../domain/delivery";
import type { Json, JsonObject } from "../domain/json";
import type { PollHealth } from "../domain/poll-health";
import type { BucketUse } from "../domain/shared-state";
import type {
  Backlog,
  Claim,
  Identity,
  KnownLink,
  LaneLink,
  News,
  Question,
  QueueHealth,
  ReleaseFile,
  ReplayJob,
  ReplayMode,
  ReplayStep,
  Settled,
  ShadowVersion,
  SystemState,
} from "./queue";

/**
 * Rows as the SQL functions answer them. Over Postgres times are `Date`, over Odoo's API they are ISO 8601 text; jsonb
 * may come as text or parsed.
 */
export type Row = Record<string, unknown>;

export function toClaim(rows: Row[]): Claim {
  const claim: Claim = { claimed: [], parked: [], braked: 0 };
  for (const row of rows) {
    if (row["state"] === "waiting") claim.parked.push(String(row["lane"]));
    else if (row["state"] === "held") claim.braked += 1;
    else claim.claimed.push(toDelivery(row));
  }
  return claim;
}

function toDelivery(row: Row): ClaimedDelivery {
  return {
    id: Number(row["id"]),
    eventId: Number(row["event_id"]),
    lane: String(row["lane"]),
    model: String(row["model"]),
    resId: Number(row["res_id"]),
    operation: String(row["operation"]) as Operation,
    eventType: String(row["event_type"]),
    object: String(row["object"]),
    payload: textOf(row["payload"]) ?? "null",
    companyId: typeof row["company_id"] === "number" ? row["company_id"] : null,
    priority: Number(row["priority"]),
    attempts: Number(row["attempts"]),
    claims: Number(row["claims"]),
    verify: row["verify"] === true,
    forced: row["forced"] === true,
    firstAttemptAt: timeOf(row["first_attempt_at"]),
    lastAttemptAt: timeOf(row["last_attempt_at"]),
    occurredAt: timeOf(row["occurred_at"]) ?? new Date(),
    traceparent: textOf(row["traceparent"]) ?? "",
    release: Number(row["release"] ?? 0),
    links: (jsonOf(row["links"]) ?? []) as Link[],
  };
}

/** Rate limits as the contract takes them. */
export function limitsToJson(limits: readonly BucketUse[]): JsonObject {
  return {
    buckets: limits.map(({ bucket, requests, perMs, used, waitsUntil }) => ({
      bucket,
      requests,
      per_ms: perMs,
      used,
      waits_until: waitsUntil?.toISOString() ?? null,
    })),
  };
}

export function toSystem(row: Row): SystemState {
  return {
    code: String(row["code"]),
    name: String(row["name"]),
    connector: textOf(row["connector"]),
    state: row["state"] === "paused" ? "paused" : "active",
    pauseKind: textOf(row["pause_kind"]),
    pauseReason: textOf(row["pause_reason"]),
    pausedUntil: timeOf(row["paused_until"]),
  };
}

export function toIdentity(row: Row): Identity {
  return {
    databaseUuid: String(row["database_uuid"]),
    database: String(row["database"]),
    contractVersion: Number(row["contract_version"]),
  };
}

export function toSettled(row: Row): Settled {
  return { id: Number(row["id"]), state: String(row["state"]) as DeliveryState, accepted: row["accepted"] === true };
}

export function toBacklog(row: Row): Backlog {
  return {
    system: String(row["system"]),
    object: String(row["object"]),
    change: String(row["change"]) as Backlog["change"],
    priority: Number(row["priority"]),
    records: Number(row["records"]),
  };
}

export function toLaneLink(row: Row): LaneLink {
  return {
    lane: String(row["lane"]),
    type: String(row["type"]),
    externalId: String(row["external_id"]),
    url: textOf(row["url"]),
  };
}

export function toHealth(value: unknown): QueueHealth {
  const health = jsonOf(value) as { now: string; systems: Row[] };
  return {
    now: timeOf(health.now) ?? new Date(),
    systems: health.systems.map((row) => ({
      code: String(row["code"]),
      state: row["state"] === "paused" ? "paused" : "active",
      pauseKind: textOf(row["pause_kind"]),
      pauseReason: textOf(row["pause_reason"]),
      pausedUntil: timeOf(row["paused_until"]),
      counts: row["counts"] as Partial<Record<DeliveryState, number>>,
      oldestOpenAt: timeOf(row["oldest_open_at"]),
      lastDeliveredAt: timeOf(row["last_delivered_at"]),
    })),
  };
}

/** As `report_polls` takes it. */
export function pollToJson({ type, objects, lookedAt, failing }: PollHealth): JsonObject {
  const failure = failing?.failure;
  return {
    type,
    objects,
    looked_at: lookedAt?.toISOString() ?? null,
    failing_since: failing?.since.toISOString() ?? null,
    kind: failure?.kind ?? null,
    code: failure?.code ?? null,
    message: failure?.message ?? null,
    hint: failure?.hint ?? null,
  };
}

/** As `report_restore` takes it. */
export function knownLinkToJson(link: KnownLink): JsonObject {
  return {
    system: link.system,
    lane: link.lane,
    type: link.type,
    external_id: link.externalId,
    url: link.url,
    object: link.object,
    fingerprint: link.fingerprint,
    delivery_id: link.deliveryId,
    event_id: link.eventId,
    removed: link.removed,
    settled_at: link.settledAt.toISOString(),
  };
}

export function toReplayJob(row: Row): ReplayJob {
  return {
    job: Number(row["job"]),
    mode: row["mode"] as ReplayMode,
    state: row["state"] as ReplayJob["state"],
    requestedBy: textOf(row["requested_by"]) ?? "",
    total: Number(row["total"]),
    queued: Number(row["queued"]),
    skipped: Number(row["skipped"]),
    startedAt: timeOf(row["started_at"]) ?? new Date(),
    endedAt: timeOf(row["ended_at"]),
  };
}

export function toReleaseFile(row: Row): ReleaseFile {
  return { path: String(row["path"]), version: Number(row["version"]), content: jsonOf(row["content"]) as Json };
}

export function toShadowVersion(row: Row): ShadowVersion {
  return {
    versionId: Number(row["version_id"]),
    path: String(row["path"]),
    content: jsonOf(row["content"]) as Json,
  };
}

export function toQuestion(row: Row): Question {
  return { id: Number(row["id"]), kind: String(row["kind"]), request: jsonOf(row["request"]) as JsonObject };
}

/** A notification's text: codes of systems, and topics that begin with an exclamation mark, which no code does. */
export function toNews(payload: string | undefined): News | null {
  const parts = (payload ?? "").split(",").filter((part) => part !== "");
  if (parts.length === 0) return null;
  return {
    systems: parts.filter((part) => !part.startsWith("!")),
    release: parts.includes("!release"),
    question: parts.includes("!question"),
    shadow: parts.includes("!shadow"),
    inbound: parts.includes("!inbound"),
  };
}

export function toReplayStep(row: Row | undefined): ReplayStep | null {
  if (!row) return null;
  const { job, mode, queued, skipped } = row;
  return { job: Number(job), mode: mode as ReplayMode, queued: Number(queued), skipped: Number(skipped) };
}

/** A settlement as `settle` takes it. */
export function settlementToJson(settlement: Settlement): JsonObject {
  const json: JsonObject = { id: settlement.id, claims: settlement.claims, outcome: settlement.outcome };
  const { exchange, link, failure } = settlement;
  if (exchange) {
    json["started_at"] = exchange.startedAt.toISOString();
    json["ended_at"] = exchange.endedAt.toISOString();
    json["request"] = exchange.request;
    json["http_status"] = exchange.httpStatus;
    json["mapping"] = exchange.mapping;
  }
  if (link) {
    json["link"] = {
      type: link.type,
      external_id: link.externalId,
      url: link.url,
      fingerprint: link.fingerprint,
      removed: link.removed ?? false,
    };
  }
  if (failure) {
    json["error"] = {
      kind: failure.kind,
      code: failure.code,
      message: failure.message,
      hint: failure.hint,
      field: failure.field ?? null,
      retry_after_ms: failure.retryAfterMs ?? null,
    };
  }
  if (settlement.waitFor !== undefined) json["wait_for"] = settlement.waitFor;
  return json;
}

/** Odoo's API writes an empty value as `false`. */
function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function timeOf(value: unknown): Date | null {
  if (value instanceof Date) return value;
  return typeof value === "string" && value !== "" ? new Date(value) : null;
}

function jsonOf(value: unknown): unknown {
  return typeof value === "string" ? (JSON.parse(value) as unknown) : value;
}
