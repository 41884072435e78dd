import type { NextFunction, Request, Response } from "express";
import type { SandboxClock } from "./clock";

/** At most `requests` within any `perMs`, wherever the window begins. */
export interface Quota {
  system: string;
  requests: number;
  perMs: number;
}

/** What a system received while its quota was watched. */
export interface QuotaUse extends Quota {
  received: number;
  /** Answered 429; like at most vendors they count towards the window too. */
  refused: number;
  /** Most requests, refused ones too, within any `perMs`. */
  mostInWindow: number;
}

/** The vendors' own count of requests. Without a quota nothing is counted and nothing refused. */
export class Quotas {
  private readonly watched = new Map<string, { use: QuotaUse; arrivals: number[]; first: number }>();

  constructor(private readonly clock: SandboxClock) {}

  /** @throws Error naming what is wrong with the quota */
  set({ system, requests, perMs }: Quota): void {
    if (!(Number.isInteger(requests) && requests > 0)) throw new Error("requests has to be a whole number above 0.");
    if (!(perMs > 0)) throw new Error("perMs has to be a number of milliseconds above 0.");
    const use = { system, requests, perMs, received: 0, refused: 0, mostInWindow: 0 };
    this.watched.set(system, { use, arrivals: [], first: 0 });
  }

  clear(): void {
    this.watched.clear();
  }

  list(): QuotaUse[] {
    return [...this.watched.values()].map(({ use }) => ({ ...use }));
  }

  /** Counts a request that has just arrived. @returns null when it may go on, else the milliseconds until there is room again */
  arrived(system: string): number | null {
    const quota = this.watched.get(system);
    if (!quota) return null;
    const { use, arrivals } = quota;
    const now = this.clock.now();
    arrivals.push(now);
    while ((arrivals[quota.first] ?? now) <= now - use.perMs) quota.first += 1;
    if (quota.first > 10_000) quota.first -= arrivals.splice(0, quota.first).length;
    const inWindow = arrivals.length - quota.first;
    use.received += 1;
    use.mostInWindow = Math.max(use.mostInWindow, inWindow);
    if (inWindow <= use.requests) return null;
    use.refused += 1;
    return (arrivals[arrivals.length - use.requests] ?? now) + use.perMs - now;
  }
}

/** Refuses what goes over the system's quota, with the whole seconds to wait. */
export function enforceQuota(system: string, quotas: Quotas) {
  return (_request: Request, response: Response, next: NextFunction): void => {
    const waitMs = quotas.arrived(system);
    if (waitMs === null) return next();
    const body = { status: "error", message: "Rate limit exceeded.", errors: [{ message: "Rate limit exceeded." }] };
    response
      .status(429)
      .setHeader("Retry-After", String(Math.ceil(waitMs / 1000)))
      .json(body);
  };
}
