import { setTimeout as delay } from "node:timers/promises";
import express, { type NextFunction, type Request, type Response, type Router } from "express";
import { FaultError, type FaultRule, type FaultSchedule } from "./fault-rule";
import type { Quota } from "./quotas";
import type { Sandbox } from "./sandbox";
import { recordRoutes } from "./record-routes";
import { VENDORS } from "./vendors";
import { webhookRoutes } from "./webhooks/control";

type Parts = Pick<Sandbox, "clock" | "store" | "journal" | "calls" | "faults" | "quotas" | "tokens" | "webhooks">;

const LONGEST_WAIT_MS = 60_000;

/** The sandbox's own API, under `/_sandbox`; docs/sandbox.md shows each call with curl. */
export function controlRouter(parts: Parts, reset: () => void): Router {
  const router = express.Router();
  // whatever it is said to be, and a scalar is ours to refuse
  router.use(express.json({ type: () => true, strict: false, limit: "10mb" }));

  router.get("/health", (_request, response) => {
    response.json({ ok: true, systems: VENDORS.map(({ code }) => code) });
  });

  router.get("/faults", (_request, response) => {
    response.json(parts.faults.list());
  });
  router.post("/faults", (request, response) => {
    response.status(201).json({ id: parts.faults.add(request.body as FaultRule) });
  });
  router.delete("/faults", (_request, response) => {
    parts.faults.clear();
    response.status(204).end();
  });
  router.delete("/faults/:id", (request, response) => {
    response.status(parts.faults.remove(request.params.id) ? 204 : 404).end();
  });

  router.post("/schedule", (request, response) => {
    response.status(201).json({ ids: parts.faults.load(request.body as FaultSchedule) });
  });
  router.get("/schedule", async (request, response) => {
    const until = Date.now() + waitOf(asked(request, { wait_ms: isWait }));
    while (!parts.faults.over() && Date.now() < until) await delay(Math.min(100, until - Date.now()));
    response.json({ over: parts.faults.over(), faults: parts.faults.list() });
  });

  recordRoutes(router, parts);
  webhookRoutes(router, parts);
  router.get("/journal", (request, response) => {
    const { system, since } = asked(request, { system: isSystem, since: isMoment });
    response.json(parts.journal.list(system, Number(since ?? 0)));
  });
  router.get("/calls", (request, response) => {
    const { system, since } = asked(request, { system: isSystem, since: isMoment });
    response.json({ total: parts.calls.total(system), calls: parts.calls.list(system, Number(since ?? 0)) });
  });

  router.put("/lag", (request, response) => {
    const { system, ms } = settings(request, { system: isSystem, ms: isSpan });
    parts.store.setLag(system as string, ms as number);
    response.status(204).end();
  });
  router.get("/quotas", (_request, response) => {
    response.json(parts.quotas.list());
  });
  router.put("/quotas", (request, response) => {
    const quota = settings(request, { system: isSystem, requests: isCount, perMs: isCount });
    parts.quotas.set(quota as unknown as Quota);
    response.status(204).end();
  });
  router.put("/clock", (request, response) => {
    parts.clock.move(settings(request, { offsetMs: isNumber })["offsetMs"] as number);
    response.status(204).end();
  });
  router.put("/tokens", (request, response) => {
    const { system, tokens } = settings(request, { system: isSystem, tokens: isTokens });
    parts.tokens.configure(system as string, tokens as string[] | null);
    response.status(204).end();
  });
  router.delete("/state", (_request, response) => {
    reset();
    response.status(204).end();
  });
  router.use((request, response) => {
    response.status(404).json({ error: `There is no ${request.method} /_sandbox${request.path}.` });
  });
  router.use(explain);
  return router;
}

export const isSystem = (value: unknown): string | null =>
  VENDORS.some(({ code }) => code === value)
    ? null
    : `must be one of ${VENDORS.map(({ code }) => code).join(", ")}; it is ${JSON.stringify(value)}`;
const isSpan = (value: unknown): string | null =>
  Number.isInteger(value) && (value as number) >= 0 ? null : "must be a whole number from 0";
/** The same behind a `?`, where every value is a text. */
export const isWait = (value: unknown): string | null => isSpan(value === "" ? null : Number(value));
const isMoment = (value: unknown): string | null =>
  value !== "" && Number.isFinite(Number(value)) ? null : "must be milliseconds since the epoch";
const isNumber = (value: unknown): string | null => (Number.isFinite(value) ? null : "must be a number");
const isCount = (value: unknown): string | null =>
  Number.isInteger(value) && (value as number) > 0 ? null : "must be a whole number above 0";
const isTokens = (value: unknown): string | null =>
  value === null || (Array.isArray(value) && value.every((token) => typeof token === "string"))
    ? null
    : "must be a list of texts, or null for the tokens accepted by default";

/** The body's values: exactly the named ones, each as it must be. */
export function settings<Name extends string>(
  request: Request,
  known: Record<Name, (value: unknown) => string | null>,
): Record<Name, unknown> {
  const body = bodyOf(request);
  requireKnown(body, known);
  for (const [name, check] of Object.entries(known) as [Name, (value: unknown) => string | null][]) {
    const wrong = check(body[name]);
    if (wrong !== null) throw new FaultError(`"${name}" ${wrong}.`);
  }
  return body;
}

/** What stands behind the `?`: of the named ones, those that are there, each as it must be. */
export function asked<Name extends string>(
  request: Request,
  known: Record<Name, (value: unknown) => string | null>,
): Partial<Record<Name, string>> {
  const query = request.query as Record<string, unknown>;
  requireKnown(query, known);
  for (const [name, value] of Object.entries(query)) {
    const wrong = typeof value === "string" ? known[name as Name](value) : "must be there once";
    if (wrong !== null) throw new FaultError(`"${name}" ${wrong}.`);
  }
  return query as Partial<Record<Name, string>>;
}

export function bodyOf(request: Request): Record<string, unknown> {
  const body = (request.body ?? {}) as unknown;
  if (typeof body !== "object" || Array.isArray(body)) throw new FaultError("The body must be an object.");
  return body as Record<string, unknown>;
}

function requireKnown(given: object, known: object): void {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue;
    throw new FaultError(`There is no "${name}"; known are ${Object.keys(known).join(", ")}.`);
  }
}

/** `wait_ms` of a question, in milliseconds. */
export function waitOf(question: { wait_ms?: string }): number {
  return Math.min(Number(question.wait_ms ?? 0), LONGEST_WAIT_MS);
}

/** What is wrong with a request is the caller's to correct: 400 with the reason. Anything else is a defect. */
function explain(thrown: unknown, _request: Request, response: Response, next: NextFunction): void {
  const { status, message } = thrown as { status?: number; message?: string };
  if (thrown instanceof FaultError || status === 400) response.status(400).json({ error: message });
  else next(thrown);
}
