import express, { type ErrorRequestHandler, type Express, type Request, type Response } from "express";
import helmet from "helmet";
import type { Logger } from "pino";
import { RateLimiterMemory } from "rate-limiter-flexible";
import type { HandshakeAnswer, RawRequest, Refusal, WebhookEndpoint } from "../connectors/webhooks";
import type { Json } from "../domain/json";
import { toFailure } from "../domain/errors";
import type { Metrics } from "../telemetry/metrics";
import { parseBody } from "./body";
import type { Inbox } from "./inbox";
import type { SecurityEvents, SecurityReason } from "./security-events";
import type { ActiveSecret, HandedSecrets } from "../store/handed-secrets";

export interface ReceiverParts {
  /** By the system's code. */
  endpoints: ReadonlyMap<string, WebhookEndpoint>;
  inbox: Pick<Inbox, "keep">;
  security: Pick<SecurityEvents, "note">;
  /** Secrets that vendors hand over; absent: none is taken. */
  handed?: Pick<HandedSecrets, "accept" | "active" | "used">;
  log: Logger;
  metrics?: Pick<Metrics, "notices" | "door">;
  /** Notices of a system were kept. */
  onKept?: (system: string) => void;
}

export interface ReceiverLimits {
  /** Where vendors reach us, `https://hub.example.com`: part of what some of them sign. */
  publicUrl: string;
  maxBodyBytes: number;
  /** Requests a second from one sender to one system. */
  maxPerSecond: number;
  /** How many proxies stand in front of us and name the sender in `X-Forwarded-For`. */
  proxies: number;
}

/** More notices than any vendor puts into one body. */
const MAX_ITEMS = 1_000;

const REASONS: Record<Refusal, SecurityReason> = {
  secret_not_set: "secret_not_set",
  signature_missing: "no_signature",
  signature_wrong: "bad_signature",
  timestamp_missing: "no_signature",
  timestamp_unreadable: "malformed",
  timestamp_stale: "stale",
};

/**
 * The door for vendors: `POST /webhooks/<system>`. Every request is counted against its sender's rate before its body is read, verified on the
 * bytes that came, split into notices, and answered once they are kept. What is refused is answered with a bare status: the sender learns nothing.
 */
export function createReceiver(parts: ReceiverParts, limits: ReceiverLimits): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("trust proxy", limits.proxies);
  app.use(helmet());
  const rate = new RateLimiterMemory({ points: limits.maxPerSecond, duration: 1 });

  app.all("/webhooks/:system", (request, response, next) => {
    const system = systemOf(request);
    const sender = request.ip ?? "";
    const known = parts.endpoints.has(system);
    rate.consume(`${known ? system : ""} ${sender}`).then(
      () => (known ? next() : refuse(parts, request, response, 404, "unknown_system")),
      () => refuse(parts, request, response.set("retry-after", "1"), 429, "too_frequent"),
    );
  });
  // Nothing is unpacked: a signature is over what came, and a small body must not become a large one.
  const body = express.raw({ type: () => true, limit: limits.maxBodyBytes, inflate: false });
  app.all("/webhooks/:system", body, (request, response, next) => {
    const system = parts.endpoints.has(systemOf(request)) ? systemOf(request) : "";
    const answered = parts.metrics?.door.startTimer({ system });
    receive(parts, limits, request, response)
      .catch(next)
      .finally(() => answered?.());
  });
  app.use((_request, response) => void response.sendStatus(404));
  app.use(errorHandler(parts));
  return app;
}

async function receive(
  parts: ReceiverParts,
  limits: ReceiverLimits,
  request: Request,
  response: Response,
): Promise<void> {
  const system = systemOf(request);
  const endpoint = parts.endpoints.get(system);
  if (!endpoint) return refuse(parts, request, response, 404, "unknown_system");
  const raw = rawRequest(request, limits.publicUrl);
  let body: Json | undefined;
  try {
    body = parseBody(raw.body);
  } catch {
    return refuse(parts, request, response, 400, "malformed");
  }
  const handshake = endpoint.handshakes(raw, body);
  if (handshake && !handshake.signed) return meet(parts, request, response, handshake);

  const items = endpoint.notices.items(body);
  if (items.length > MAX_ITEMS) return refuse(parts, request, response, 413, "too_large");
  const refusal = await verify(parts, system, endpoint, raw, items);
  if (refusal) return refuse(parts, request, response, 401, REASONS[refusal]);
  if (handshake) return meet(parts, request, response, handshake);

  const { notices, ignored } = endpoint.notices.read(items, raw.headers);
  const { kept, repeated } = await parts.inbox.keep(system, notices);
  response.status(endpoint.status).end();
  parts.metrics?.notices.inc({ system, source: "webhook" }, kept);
  parts.log.info({ system, kept, repeated, ignored }, "notices taken");
  if (kept > 0) parts.onKept?.(system);
}

/** Checks a request with the configured secrets and those that the vendor handed over. */
async function verify(
  { handed, log }: ReceiverParts,
  system: string,
  endpoint: WebhookEndpoint,
  raw: RawRequest,
  items: readonly Json[],
): Promise<Refusal | null> {
  const active: ActiveSecret[] = endpoint.keepsSecrets && handed ? await handed.active(system) : [];
  const used = (key: string): void => {
    const match = active.find(({ secret }) => secret === key);
    if (match)
      handed?.used(match.id).catch((err: unknown) => log.warn({ system, err }, "the use of a secret was not noted"));
  };
  return endpoint.verify(raw, Date.now(), items, { keys: active.map(({ secret }) => secret), used });
}

/** Answers a vendor's question. A secret that comes with it is taken while a person has opened a window for it, or the question refused. */
async function meet(
  parts: ReceiverParts,
  request: Request,
  response: Response,
  handshake: HandshakeAnswer,
): Promise<void> {
  if (handshake.keep) {
    const system = systemOf(request);
    const from = { address: request.originalUrl, sender: request.ip ?? "" };
    const taken = (await parts.handed?.accept(system, handshake.value, from)) ?? false;
    if (!taken) return refuse(parts, request, response, 403, "handshake");
    parts.log.info({ system, ...from }, "a secret that was handed over is kept; calls may be signed with it");
  }
  answerHandshake(response, handshake);
}

/** From the path: what fails before a route is chosen has no parameters. */
function systemOf(request: Request): string {
  return /^\/webhooks\/([a-z0-9_]{1,64})$/.exec(request.path)?.[1] ?? "";
}

function rawRequest(request: Request, publicUrl: string): RawRequest {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
  const query = request.originalUrl.indexOf("?");
  return {
    method: request.method,
    url: `${publicUrl}${request.originalUrl}`,
    query: new URLSearchParams(query === -1 ? "" : request.originalUrl.slice(query + 1)),
    headers,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  };
}

function answerHandshake(response: Response, { type, key, value }: HandshakeAnswer): void {
  if (type === "text") response.status(200).type("text/plain").send(value);
  else if (type === "json") response.status(200).json({ [key]: value });
  else if (type === "header") response.status(200).set(key, value).end();
  else response.status(200).end();
}

function refuse(
  parts: ReceiverParts,
  request: Request,
  response: Response,
  status: number,
  reason: SecurityReason,
): void {
  const system = systemOf(request);
  // The name of a system that is not ours is the sender's text.
  parts.security.note(parts.endpoints.has(system) ? system : "", reason, request.ip ?? "");
  response.status(status).end();
}

/** The body was too large, packed or cut off; or our store is away, and the vendor will come again. */
function errorHandler(parts: ReceiverParts): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const { status } = thrown as { status?: unknown };
    if (typeof status === "number" && status < 500) {
      refuse(parts, request, response, status, status === 413 ? "too_large" : "malformed");
      return;
    }
    const { code, message } = toFailure(thrown);
    parts.log.error({ system: systemOf(request), error_code: code, reason: message }, "notices could not be kept");
    response.status(503).set("retry-after", "5").end();
  };
}
