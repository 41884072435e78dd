import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import express, { type NextFunction, type Request, type Response } from "express";
import { Calls } from "./calls";
import { SandboxClock } from "./clock";
import { controlRouter } from "./control";
import { Faults } from "./faults";
import { Journal } from "./journal";
import { enforceQuota, Quotas } from "./quotas";
import { Store } from "./store";
import { strike } from "./strike";
import { Tokens } from "./tokens";
import { VENDORS, WEBHOOK_FORMS } from "./vendors";
import { journalFor, writtenBy, type Vendor } from "./vendors/vendor";
import { Webhooks } from "./webhooks/webhooks";

export interface Sandbox {
  /** `http://127.0.0.1:<port>`; a vendor's base URL is `<url>/<code>`. */
  url: string;
  store: Store;
  journal: Journal;
  calls: Calls;
  faults: Faults;
  quotas: Quotas;
  tokens: Tokens;
  clock: SandboxClock;
  webhooks: Webhooks;
  /** Forgets records, journal, calls, faults, quotas, tokens, subscriptions to webhooks, lag and clock. */
  reset(): void;
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** 0 for any free port. */
  port: number;
  /** 127.0.0.1 where absent. */
  host?: string;
  /** Told of every request to a vendor, reads too: `GET`, `/asana/tasks`. */
  onRequest?: (method: string, path: string) => void;
  /** Those of `vendors/index.ts` where absent. */
  vendors?: readonly Vendor[];
}

/**
 * Starts the stand-ins of all vendors in one server.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = new SandboxClock();
  const faults = new Faults();
  const parts = {
    clock,
    store: new Store(clock, (system) => faults.lagMs(system)),
    journal: new Journal(clock),
    calls: new Calls(),
    faults,
    quotas: new Quotas(clock),
    tokens: new Tokens(),
    webhooks: new Webhooks(clock, WEBHOOK_FORMS),
  };
  parts.store.onRecord((system, type, change) => parts.webhooks.changed(system, type, change));
  const profiles = options.vendors ?? VENDORS;
  let vendors = vendorRouter(parts, profiles);
  const reset = (): void => {
    const { store, journal, calls, quotas, tokens, webhooks } = parts;
    for (const part of [store, journal, calls, parts.faults, quotas, tokens, webhooks]) part.clear();
    clock.move(0);
    // the profiles define their tables when they are made
    vendors = vendorRouter(parts, profiles);
  };

  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use("/_sandbox", controlRouter(parts, reset));
  app.use((request, response, next) => {
    options.onRequest?.(request.method, request.path);
    vendors(request, response, next);
  });

  const server = app.listen(options.port, options.host ?? "127.0.0.1");
  await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
  const { port } = server.address() as AddressInfo;
  return { ...parts, url: `http://${options.host ?? "127.0.0.1"}:${port}`, reset, close: () => stop(server) };
}

type Parts = Pick<Sandbox, "clock" | "store" | "journal" | "calls" | "faults" | "quotas" | "tokens" | "webhooks">;

function vendorRouter(parts: Parts, profiles: readonly Vendor[]): express.Router {
  const router = express.Router();
  for (const vendor of profiles) {
    const { store, clock, tokens, webhooks, journal, calls, faults } = parts;
    const context = { store, clock, tokens, webhooks, wrote: journalFor(vendor.code, journal) };
    router.use(
      `/${vendor.code}`,
      calls.note(vendor.code),
      noteRefusals(vendor.code, journal),
      enforceQuota(vendor.code, parts.quotas),
      (request: Request, response: Response, next: NextFunction) => {
        const fault = faults.strike(vendor.code, request.method, request.path);
        if (!fault) return next();
        response.locals["fault"] = fault.kind;
        strike(fault, request, response, next, store);
      },
      vendor.router(context),
    );
  }
  return router;
}

/** A write that the vendor did not note itself was refused: the journal shows it too. */
function noteRefusals(system: string, journal: Journal) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const path = request.baseUrl + request.path;
    response.once("finish", () => {
      if (request.method === "GET" || response.statusCode < 400 || writtenBy(response).length > 0) return;
      const traceparent = request.get("traceparent") ?? null;
      const nothing = { type: null, key: null, remoteId: null, effect: "refused" as const };
      journal.add({ system, method: request.method, path, status: response.statusCode, traceparent, ...nothing });
    });
    next();
  };
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
