import { Router } from "express";
import { noInbound } from "../inbound/inbound-off";
import { loadJson } from "../inbound/wanted-loads";
import type { AdminParts } from "./routes";

/** First loads: begun, told of and stopped. Whichever sidecar is free runs them. */
export function loadRoutes(parts: Pick<AdminParts, "inbound">): Router {
  const router = Router();
  const loads = (): NonNullable<AdminParts["inbound"]>["loads"] => {
    if (!parts.inbound) throw noInbound();
    return parts.inbound.loads;
  };

  router.get("/v1/systems/:code/loads", async (request, response) => {
    response.json((await loads().reports(request.params.code)).map(loadJson));
  });

  router.post("/v1/systems/:code/loads", async (request, response) => {
    const { object, dry_run: dryRun = false } = request.body as { object: string; dry_run?: boolean };
    response.json((await loads().start(request.params.code, object, dryRun)).map(loadJson));
  });

  router.post("/v1/systems/:code/loads/stop", async (request, response) => {
    const { object } = request.body as { object: string };
    response.json((await loads().stop(request.params.code, object)).map(loadJson));
  });

  return router;
}
