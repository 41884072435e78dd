import type { Request, Response, Router } from "express";
import type { SandboxClock } from "../clock";
import type { Effect, Journal, JournalEntry } from "../journal";
import type { Store } from "../store";
import type { Tokens } from "../tokens";
import type { Webhooks } from "../webhooks/webhooks";

/** What a vendor's profile works with. */
export interface VendorContext {
  store: Store;
  clock: SandboxClock;
  tokens: Tokens;
  /** For vendors whose API subscribes to webhooks. */
  webhooks: Pick<Webhooks, "subscribe" | "unsubscribe" | "post">;
  /** Notes a write in the journal. */
  wrote(
    request: Request,
    entry: Pick<JournalEntry, "key" | "values"> & { type: string; remoteId: string; effect: Effect; status: number },
  ): void;
}

/** A stand-in for one vendor's API, served under `/<code>`. */
export interface Vendor {
  code: string;
  router(context: VendorContext): Router;
}

/** Notes writes of one system. */
export function journalFor(system: string, journal: Journal): VendorContext["wrote"] {
  return (request, entry) => {
    const full = journal.add({
      system,
      method: request.method,
      path: request.baseUrl + request.path,
      traceparent: request.get("traceparent") ?? null,
      ...entry,
    });
    if (request.res) writtenBy(request.res).push(full);
  };
}

/** What the request that this answers has written so far. */
export function writtenBy(response: Response): JournalEntry[] {
  return (response.locals["written"] ??= []) as JournalEntry[];
}
