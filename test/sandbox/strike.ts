import type { NextFunction, Request, Response } from "express";
import type { Fault } from "./fault-rule";
import type { Store } from "./store";
import { writtenBy } from "./vendors/vendor";

/**
 * Makes one request go wrong. "After apply" means that the vendor does the work and its answer is lost or spoilt on the
 * way: the cases in which a client cannot know what happened.
 */
export function strike(fault: Fault, request: Request, response: Response, next: NextFunction, store: Store): void {
  switch (fault.kind) {
    case "status":
      return refuse(fault, response);
    case "html":
      response
        .status(fault.status ?? 200)
        .type("html")
        .send("<html><body><h1>Scheduled maintenance</h1></body></html>");
      return;
    case "slow":
      return unlessGone(response, fault.delayMs ?? 1_000, next);
    case "slow_answer":
      onAnswer(response, (body, send) => unlessGone(response, fault.delayMs ?? 1_000, () => send(body)));
      return next();
    case "reset_before":
      request.socket.destroy();
      return;
    case "reset_after_apply":
      onAnswer(response, () => void request.socket.destroy());
      return next();
    case "timeout_after_apply":
      onAnswer(response, () => giveUpLater(fault, request));
      return next();
    case "truncated":
      onAnswer(response, (body) => {
        // of an answer without a body there is no half to send
        if (body === "") return void request.socket.destroy();
        response.setHeader("content-length", Buffer.byteLength(body));
        response.write(body.slice(0, Math.floor(body.length / 2)));
        request.socket.end();
      });
      return next();
    case "wrong_content_type":
      onAnswer(response, (body, send) => {
        response.setHeader("content-type", "text/html");
        send(`<!-- ${body} -->`);
      });
      return next();
    case "schema_change":
      onAnswer(response, (body, send) => {
        // where a vendor names a new record in a header, that is its answer's shape
        response.removeHeader("location");
        send(renamed(body));
      });
      return next();
    case "duplicate_id":
      onAnswer(response, (body, send) => send(withEarlierIds(body, response, store)));
      return next();
    case "credential_revoked":
      // Without it the vendor refuses in its own words; a token endpoint, which signs in by its body, has none.
      if (request.headers.authorization === undefined) return void response.status(401).end();
      delete request.headers.authorization;
      return next();
    case "search_lag":
      // a state of the system (Faults.lagMs), which strikes no request
      return next();
  }
}

/** Goes on after a while, unless the caller has hung up meanwhile. */
function unlessGone(response: Response, delayMs: number, then: () => void): void {
  const timer = setTimeout(then, delayMs);
  response.once("close", () => clearTimeout(timer));
}

/** The answer with the id of the type's oldest record in place of every id just given: as if it had been given twice. */
function withEarlierIds(body: string, response: Response, store: Store): string {
  let answer = body;
  const location = response.getHeader("location");
  for (const { system, type, remoteId, effect } of writtenBy(response)) {
    const earlier = type === null ? undefined : store.table(system, type)?.all()[0]?.id;
    if (effect !== "created" || remoteId === null || earlier === undefined) continue;
    answer = answer.replaceAll(`"${remoteId}"`, `"${earlier}"`);
    if (typeof location === "string") response.setHeader("location", location.replace(remoteId, earlier));
  }
  return answer;
}

function refuse(fault: Fault, response: Response): void {
  response.status(fault.status ?? 503);
  for (const [name, value] of Object.entries(fault.headers ?? {})) response.setHeader(name, value);
  if (fault.body === undefined) response.end();
  else if (typeof fault.body === "string") response.send(fault.body);
  else response.json(fault.body);
}

/** No answer; the connection is closed after a while, so that nothing stays open for ever. */
function giveUpLater(fault: Fault, request: Request): void {
  const timer = setTimeout(() => void request.socket.destroy(), fault.delayMs ?? 120_000);
  request.socket.once("close", () => clearTimeout(timer));
}

/** Holds the finished answer back and hands it to `then`; `send` lets a changed one go. */
function onAnswer(response: Response, then: (body: string, send: (body: string) => void) => void): void {
  const end = response.end.bind(response) as (body?: string) => Response;
  const send = (body: string): void => {
    response.end = end as Response["end"];
    if (response.hasHeader("content-length")) response.setHeader("content-length", Buffer.byteLength(body));
    end(body);
  };
  response.end = ((chunk?: unknown): Response => {
    const body = Buffer.isBuffer(chunk) ? chunk.toString("utf8") : typeof chunk === "string" ? chunk : "";
    then(body, send);
    return response;
  }) as Response["end"];
}

/** The same answer in another shape, as after a careless release: ids and lists have other names. */
function renamed(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), (_name, value: unknown) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, entry]) => [
          ["id", "gid", "results", "employeeId"].includes(key) ? `new_${key}` : key,
          entry,
        ]),
      );
    });
  } catch {
    return body;
  }
}
