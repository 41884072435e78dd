import { createHash, timingSafeEqual } from "node:crypto";
import type { RequestHandler } from "express";
import { sendProblem } from "./problem";

/** Lets a request pass that carries the token. Hashes are compared, so neither time nor length tells anything. */
export function requireToken(token: string | null): RequestHandler {
  const wanted = token === null ? null : hash(token);
  return (request, response, next) => {
    const given = /^bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (wanted !== null && given !== undefined && timingSafeEqual(hash(given), wanted)) {
      next();
      return;
    }
    response.set("www-authenticate", 'Bearer realm="integration hub"');
    sendProblem(response, 401, {
      kind: "credential",
      code: wanted === null ? "admin_token_not_set" : "admin_token_wrong",
      message:
        wanted === null ? "The admin API is closed: no token is configured." : "The bearer token is missing or wrong.",
      hint:
        wanted === null
          ? "Set admin.token and start the hub again."
          : "Send the value behind admin.token as Authorization: Bearer.",
    });
  };
}

function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
