import type { NextFunction, Request, Response } from "express";
import type { FaultKind } from "./fault-rule";

/** One request to a vendor, reads too. */
export interface Call {
  /** Milliseconds since the epoch: when it arrived. */
  at: number;
  system: string;
  method: string;
  path: string;
  /** Status answered; null when the caller got no whole answer. */
  status: number | null;
  /** The fault that struck it. */
  fault: FaultKind | null;
}

/** Calls kept; older ones are counted and forgotten, so that a run of a million events does not fill the memory. */
const KEPT = 10_000;

/** Every request that reached a vendor: how often it was called, when, and what came of it. */
export class Calls {
  private kept: Call[] = [];
  private totals = new Map<string, number>();

  /** Express middleware: notes the call when it ends. `response.locals.fault` says what struck it. */
  note(system: string) {
    return (request: Request, response: Response, next: NextFunction): void => {
      const at = Date.now();
      const { method, path } = request;
      response.once("close", () => {
        const fault = (response.locals["fault"] as FaultKind | undefined) ?? null;
        this.add({ at, system, method, path, status: response.writableFinished ? response.statusCode : null, fault });
      });
      next();
    };
  }

  /** Calls to a system (to all without one) that arrived after `since`, in the order in which they ended; at most the last 10,000. */
  list(system?: string, since = 0): Call[] {
    return this.kept.filter((call) => (system === undefined || call.system === system) && call.at > since);
  }

  /** How many there were in all. */
  total(system?: string): number {
    if (system !== undefined) return this.totals.get(system) ?? 0;
    return [...this.totals.values()].reduce((sum, count) => sum + count, 0);
  }

  clear(): void {
    this.kept = [];
    this.totals.clear();
  }

  private add(call: Call): void {
    this.totals.set(call.system, this.total(call.system) + 1);
    this.kept.push(call);
    if (this.kept.length >= KEPT * 2) this.kept = this.kept.slice(-KEPT);
  }
}
