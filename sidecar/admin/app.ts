import express, { type Express } from "express";
import * as OpenApiValidator from "express-openapi-validator";
import helmet from "helmet";
import type { Logger } from "pino";
import { serve, setup, type JsonObject as SwaggerDocument } from "swagger-ui-express";
import openapi from "./openapi.json";
import { notFound, problemHandler } from "./problem";
import { openRoutes, tokenRoutes, type AdminParts } from "./routes";
import { requireToken } from "./token";

/** The document is both served and enforced, on requests and on our own answers. */
type ValidatorSpec = Parameters<typeof OpenApiValidator.middleware>[0]["apiSpec"];

/** The admin API: health for anybody, the rest for whoever holds the token. */
export function createAdminApp(parts: AdminParts, token: string | null, log: Logger): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(helmet());

  const guard = requireToken(token);
  // Before bodies are read and before the validator: whoever has no token learns nothing about what is valid.
  app.use((request, response, next) => {
    if (request.path === "/healthz" || request.path === "/readyz") next();
    else guard(request, response, next);
  });

  app.use(express.json({ limit: "1mb" }));
  app.get("/openapi.json", (_request, response) => {
    response.json(openapi);
  });
  app.use("/docs", serve, setup(openapi as SwaggerDocument));
  app.use(
    OpenApiValidator.middleware({
      apiSpec: openapi as unknown as ValidatorSpec,
      validateRequests: { allowUnknownQueryParameters: false },
      validateResponses: true,
      // The guard above has done it.
      validateSecurity: false,
      ignorePaths: /^\/docs/,
    }),
  );
  app.use(openRoutes(parts));
  app.use(tokenRoutes(parts));
  app.use(notFound);
  app.use(problemHandler(log));
  return app;
}
