/*
 * A sidecar's connector in a process of its own that calls a vendor as unkindly as it can: bursts of any size, pauses of any
 * length, and moments in which the process does nothing else (a garbage collection, a large mapping). Run by
 * shared-limits.test.ts with its schedule as JSON; prints {"sent": n} when its time is over.
 */
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pino from "pino";
import { createConnector, loadDefinition } from "../../../sidecar/connectors";
import { StoredState } from "../../../sidecar/store/stored-state";
import { seeded } from "../../sandbox/seeded";

export interface Schedule {
  storeUrl: string;
  vendorUrl: string;
  seed: number;
  requests: number;
  perMs: number;
  forMs: number;
}

async function main(schedule: Schedule): Promise<void> {
  const { storeUrl, vendorUrl, seed, requests, perMs, forMs } = schedule;
  const random = seeded(seed);
  const shared = new StoredState(storeUrl, `hammer-${process.pid}`, pino({ level: "silent" }));
  await shared.start();
  const mappings = path.resolve(__dirname, "../../../mappings");
  const definition = loadDefinition(path.join(mappings, "systems/asana"), path.join(mappings, "schema"));
  definition.definition.limits.buckets = { default: { requests, perMs } };
  const connector = createConnector({
    code: "asana",
    definition,
    connection: { baseUrl: vendorUrl, settings: {}, credentials: { accessToken: "demo" } },
    shared,
  });
  let sent = 0;
  const calls = new Set<Promise<unknown>>();
  for (const end = performance.now() + forMs; performance.now() < end;) {
    for (let burst = Math.floor(random() ** 3 * 3 * requests); burst >= 0 && calls.size < 2 * requests; burst -= 1) {
      const call: Promise<unknown> = connector
        .check()
        .then(() => (sent += 1))
        .catch(() => undefined)
        .finally(() => calls.delete(call));
      calls.add(call);
    }
    if (random() < 0.2) for (const stalled = performance.now() + random() * 60; performance.now() < stalled;);
    await delay(random() * 40);
  }
  await Promise.all(calls);
  await connector.close();
  await shared.stop();
  process.stdout.write(JSON.stringify({ sent }));
}

void main(JSON.parse(process.argv[2] ?? "{}") as Schedule);
