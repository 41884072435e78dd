import { Router } from "express";
import type { HandedSecret, Window } from "../store/handed-secrets";
import { noInbound } from "../inbound/inbound-off";
import type { AdminParts } from "./routes";

const BY = "admin API";

/** Windows in which systems may hand over secrets, and what they handed over: never the secrets themselves. */
export function webhookRoutes(parts: Pick<AdminParts, "handed" | "requireHandover">): Router {
  const router = Router();
  const handed = (): Exclude<AdminParts["handed"], null> => {
    if (!parts.handed) throw noInbound();
    return parts.handed;
  };

  router.get("/v1/webhooks", async (_request, response) => {
    const [windows, secrets] = await Promise.all([handed().windows(), handed().list()]);
    response.json({ windows: windows.map(toWindow), secrets: secrets.map(toSecret) });
  });

  router.post("/v1/systems/:code/webhooks/open", async (request, response) => {
    const { minutes = 10, count = 1 } = (request.body ?? {}) as { minutes?: number; count?: number };
    const { code } = request.params;
    parts.requireHandover(code);
    response.json(toWindow(await handed().open(code, minutes, count, BY)));
  });

  router.post("/v1/systems/:code/webhooks/close", async (request, response) => {
    response.json({ closed: await handed().close(request.params.code) });
  });

  router.post("/v1/webhooks/:id/revoke", async (request, response) => {
    response.json(toSecret(await handed().revoke(Number(request.params.id), BY)));
  });

  return router;
}

function toWindow({ system, openedAt, closesAt, left, openedBy }: Window): object {
  return {
    system,
    opened_at: openedAt.toISOString(),
    closes_at: closesAt.toISOString(),
    left,
    opened_by: openedBy,
  };
}

function toSecret({ id, system, address, sender, openedBy, acceptedAt, lastUsedAt, revokedAt }: HandedSecret): object {
  return {
    id,
    system,
    address,
    sender,
    opened_by: openedBy,
    accepted_at: acceptedAt.toISOString(),
    last_used_at: lastUsedAt?.toISOString() ?? null,
    revoked_at: revokedAt?.toISOString() ?? null,
  };
}
