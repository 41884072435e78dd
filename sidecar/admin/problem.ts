import type { ErrorRequestHandler, RequestHandler, Response } from "express";
import type { Logger } from "pino";
import { toFailure, type ErrorKind, type Failure } from "../domain/errors";

const STATUS: Record<ErrorKind, number> = {
  technical: 503,
  credential: 502,
  data: 422,
  business: 409,
  policy: 403,
  unknown: 500,
};

const NOT_FOUND = new Set(["system_unknown", "not_listed", "handover_unknown", "webhook_secret_unknown"]);

/** RFC 9457: what went wrong as JSON that a program can branch on (`code`) and a person can act on (`hint`). */
export function sendProblem(response: Response, status: number, failure: Failure): void {
  const { code, kind, message, hint, field } = failure;
  response
    .status(status)
    .type("application/problem+json")
    .send(
      JSON.stringify({
        type: `urn:integration-hub:problem:${code}`,
        title: message,
        status,
        code,
        kind,
        hint,
        ...(field === undefined ? {} : { field }),
      }),
    );
}

export const notFound: RequestHandler = (request, response) => {
  sendProblem(response, 404, {
    kind: "data",
    code: "not_found",
    message: `There is no ${request.method} ${request.path}.`,
    hint: "See /openapi.json for what there is.",
  });
};

/** Errors of the OpenAPI validator carry a status and the places; everything else is one of our failures, or a defect. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const refused = thrown as { status?: unknown; errors?: { path?: string; message?: string }[] };
    if (typeof refused.status === "number" && refused.status < 500) {
      const [first] = refused.errors ?? [];
      sendProblem(response, refused.status, {
        kind: "data",
        code: refused.status === 413 ? "request_too_large" : "request_invalid",
        message: first?.message ? `The request ${first.message}` : "The request cannot be read.",
        hint: "Compare it with /openapi.json.",
        ...(first?.path ? { field: first.path.replace(/^\//, "").replaceAll("/", ".") } : {}),
      });
      return;
    }
    const failure = toFailure(thrown);
    if (failure.code === "unexpected_error") {
      log.error({ err: thrown, path: request.path }, "the admin API failed");
      sendProblem(response, 500, { ...failure, message: "The admin API failed unexpectedly." });
      return;
    }
    sendProblem(response, NOT_FOUND.has(failure.code) ? 404 : STATUS[failure.kind], failure);
  };
}
