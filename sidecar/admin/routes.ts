import { Router } from "express";
import type { DeliveryState } from "../domain/delivery";
import { HubError } from "../domain/errors";
import type { DeliveryFilter, Queue } from "../odoo/queue";
import type { RecordClient } from "../odoo/record-client";
import type { Loads } from "../inbound/loads";
import { noInbound } from "../inbound/inbound-off";
import type { Look } from "../inbound/poller";
import type { HandedSecrets } from "../store/handed-secrets";
import type { Metrics } from "../telemetry/metrics";
import { toReadiness, type Component } from "./readiness";
import { loadRoutes } from "./load-routes";
import { replay } from "./replay";
import { webhookRoutes } from "./webhook-routes";

/** What this sidecar itself knows of a system it delivers to. */
export interface RunningSystem {
  code: string;
  inFlight: number;
  breaker: "closed" | "open" | "half-open";
  retryAt: Date | null;
}

/** What the admin API reads and calls; it owns nothing. */
export interface AdminParts {
  queue: Queue;
  records: RecordClient | null;
  metrics: Metrics;
  components(): Promise<Component[]>;
  running(): RunningSystem[];
  /** What comes in; null without a store or without Odoo's API. */
  inbound: {
    look(system: string, sweepMs: number | null, object?: string): Promise<Look[]>;
    loads: Pick<Loads, "start" | "stop" | "reports">;
  } | null;
  /** Secrets that systems hand over for their webhooks; null without a store. */
  handed: Pick<HandedSecrets, "open" | "close" | "windows" | "list" | "revoke"> | null;
  /** Throws `handover_unknown` for a system that hands over none. */
  requireHandover(system: string): void;
  /** Brings gauges up to date before they are read. */
  refreshMetrics(): Promise<void>;
}

/** Answered to anybody, because load balancers carry no token; says nothing that is secret. */
export function openRoutes(parts: AdminParts): Router {
  const router = Router();
  router.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });
  router.get("/readyz", async (_request, response) => {
    const readiness = toReadiness(await parts.components());
    response.status(readiness.status === "ready" ? 200 : 503).json(readiness);
  });
  return router;
}

interface ReplayBody {
  deliveries?: number[];
  filter?: FilterBody;
  limit?: number;
  force?: boolean;
  reread?: boolean;
  dry_run?: boolean;
}

interface FilterBody {
  system?: string;
  states?: DeliveryState[];
  error_kind?: string;
  error_code?: string;
  event_type?: string;
  object?: string;
  model?: string;
  since?: string;
  until?: string;
}

/** Everything that needs the token. Bodies are already checked against the OpenAPI document. */
export function tokenRoutes(parts: AdminParts): Router {
  const router = Router();

  router.get("/metrics", async (_request, response) => {
    await parts.refreshMetrics();
    response.type("text/plain").send(await parts.metrics.registry.metrics());
  });

  router.get("/v1/queue", async (_request, response) => {
    const health = await parts.queue.health();
    response.json({
      now: health.now.toISOString(),
      systems: health.systems.map((system) => ({
        code: system.code,
        state: system.state,
        counts: system.counts,
        oldest_open_at: system.oldestOpenAt?.toISOString() ?? null,
        last_delivered_at: system.lastDeliveredAt?.toISOString() ?? null,
      })),
    });
  });

  router.get("/v1/systems", async (_request, response) => {
    const running = new Map(parts.running().map((system) => [system.code, system]));
    const systems = await parts.queue.systems();
    response.json(
      systems.map((system) => ({
        code: system.code,
        name: system.name,
        connector: system.connector,
        state: system.state,
        pause_kind: system.pauseKind,
        pause_reason: system.pauseReason,
        paused_until: system.pausedUntil?.toISOString() ?? null,
        running: running.has(system.code),
        in_flight: running.get(system.code)?.inFlight ?? 0,
        breaker: running.get(system.code)?.breaker ?? null,
        retry_at: running.get(system.code)?.retryAt?.toISOString() ?? null,
      })),
    );
  });

  router.post("/v1/replay", async (request, response) => {
    const body = request.body as ReplayBody;
    const answer = await replay(
      {
        ...(body.deliveries ? { deliveries: body.deliveries } : {}),
        ...(body.filter ? { filter: toFilter(body.filter) } : {}),
        limit: body.limit ?? 1000,
        force: body.force ?? false,
        reread: body.reread ?? false,
        dryRun: body.dry_run ?? false,
      },
      "admin API",
      parts.queue,
      parts.records,
    );
    response.json(answer);
  });

  router.post("/v1/systems/:code/pause", async (request, response) => {
    const { reason, until } = request.body as { reason: string; until?: string };
    const { code } = request.params;
    await requireSystem(parts.queue, code);
    await parts.queue.pause(code, "manual", reason, until === undefined ? null : new Date(until));
    response.json({ code, state: "paused" });
  });

  router.post("/v1/systems/:code/resume", async (request, response) => {
    const { code } = request.params;
    await requireSystem(parts.queue, code);
    await parts.queue.resume(code);
    const after = (await parts.queue.systems()).find((system) => system.code === code);
    response.json({ code, state: after?.state ?? "active" });
  });

  router.post("/v1/systems/:code/poll", async (request, response) => {
    const { object, sweep = false } = (request.body ?? {}) as { object?: string; sweep?: boolean };
    if (!parts.inbound) throw noInbound();
    const looks = await parts.inbound.look(request.params.code, sweep ? 0 : null, object);
    response.json(
      looks.map(({ failure, ...look }) => ({
        ...look,
        failure: failure && { kind: failure.kind, code: failure.code, message: failure.message, hint: failure.hint },
      })),
    );
  });

  router.use(webhookRoutes(parts));
  router.use(loadRoutes(parts));

  return router;
}

async function requireSystem(queue: Queue, code: string): Promise<void> {
  if ((await queue.systems()).some((system) => system.code === code)) return;
  throw new HubError({
    kind: "data",
    code: "system_unknown",
    message: `Odoo has no active integration system with the code "${code}".`,
    hint: "See /v1/systems for those there are.",
    field: "code",
  });
}

function toFilter(body: FilterBody): DeliveryFilter {
  return {
    ...(body.system === undefined ? {} : { system: body.system }),
    ...(body.states === undefined ? {} : { states: body.states }),
    ...(body.error_kind === undefined ? {} : { errorKind: body.error_kind }),
    ...(body.error_code === undefined ? {} : { errorCode: body.error_code }),
    ...(body.event_type === undefined ? {} : { eventType: body.event_type }),
    ...(body.object === undefined ? {} : { object: body.object }),
    ...(body.model === undefined ? {} : { model: body.model }),
    ...(body.since === undefined ? {} : { since: new Date(body.since) }),
    ...(body.until === undefined ? {} : { until: new Date(body.until) }),
  };
}
