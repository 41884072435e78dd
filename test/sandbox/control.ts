import express, { type Router } from "express";
import type { FaultRule } from "./faults";
import type { Quota } from "./quotas";
import type { Sandbox } from "./sandbox";
import { VENDORS } from "./vendors";

type Parts = Pick<Sandbox, "clock" | "store" | "journal" | "faults" | "quotas" | "tokens">;

/** The sandbox's own API, under `/_sandbox`; docs/sandbox.md shows each call with curl. */
export function controlRouter(parts: Parts, reset: () => void): Router {
  const router = express.Router();
  router.use(express.json());

  router.get("/health", (_request, response) => {
    response.json({ ok: true, systems: VENDORS.map(({ code }) => code) });
  });

  router.get("/faults", (_request, response) => {
    response.json(parts.faults.list());
  });
  router.post("/faults", (request, response) => {
    try {
      response.status(201).json({ id: parts.faults.add(request.body as FaultRule) });
    } catch (thrown) {
      response.status(400).json({ error: (thrown as Error).message });
    }
  });
  router.delete("/faults", (_request, response) => {
    parts.faults.clear();
    response.status(204).end();
  });
  router.delete("/faults/:id", (request, response) => {
    response.status(parts.faults.remove(request.params.id) ? 204 : 404).end();
  });

  router.get("/records/:system/:type", async (request, response) => {
    const { system, type } = request.params;
    const table = parts.store.table(system, type);
    if (!table) {
      response.status(404).json({ error: `There is no ${system}/${type}.` });
      return;
    }
    const count = Number(request.query["count"] ?? 0);
    const waitMs = Math.min(Number(request.query["wait_ms"] ?? 0), 60_000);
    if (waitMs > 0) await parts.store.until(() => table.live().length >= count, waitMs);
    response.json(request.query["deleted"] === "true" ? table.all() : table.live());
  });

  router.get("/journal", (request, response) => {
    const { system, since } = request.query;
    response.json(parts.journal.list(typeof system === "string" ? system : undefined, Number(since ?? 0)));
  });

  router.put("/lag", (request, response) => {
    const { system, ms } = request.body as { system: string; ms: number };
    parts.store.setLag(system, ms);
    response.status(204).end();
  });
  router.get("/quotas", (_request, response) => {
    response.json(parts.quotas.list());
  });
  router.put("/quotas", (request, response) => {
    try {
      parts.quotas.set(request.body as Quota);
      response.status(204).end();
    } catch (thrown) {
      response.status(400).json({ error: (thrown as Error).message });
    }
  });
  router.put("/clock", (request, response) => {
    parts.clock.move((request.body as { offsetMs: number }).offsetMs);
    response.status(204).end();
  });
  router.put("/tokens", (request, response) => {
    const { system, tokens } = request.body as { system: string; tokens: string[] };
    parts.tokens.configure(system, tokens);
    response.status(204).end();
  });
  router.delete("/state", (_request, response) => {
    reset();
    response.status(204).end();
  });
  return router;
}
