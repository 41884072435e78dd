import { createHmac } from "node:crypto";
import { Client } from "pg";
import { Agent, request } from "undici";
import { databaseUrl, startPostgresWithOdooTemplate } from "../stack/database";
import { freePort } from "../stack/machine/ports";
import { DURABLE } from "../stack/postgres/server";
import { terminalProgress } from "../stack/progress";
import { waitFor } from "../support/wait-for";
import { HubProcess, SINKS } from "./pipeline/hub";
import { BenchQueue } from "./pipeline/queue";
import type { Bench, BenchOptions, BenchResult } from "./report";

/** Requests; `--events` takes its place. */
const REQUESTS = 2_000;
const WARM_UP = 200;
/** Requests a second, whether the ones before were answered or not, as vendors do. */
const RATE = 50;
/** Events in a request, as HubSpot gathers them; every tenth request is a repetition. */
const EVENTS = 5;
const SECRET = "demo";

/** How long a vendor waits for the answer to a signed webhook, kept in a durable database, at a steady rate. */
export const door: Bench = {
  name: "door",
  title: `milliseconds until a signed webhook of ${EVENTS} events is kept and answered, at ${RATE} requests a second`,
  async run(options: BenchOptions): Promise<BenchResult> {
    const progress = terminalProgress();
    const postgres = await startPostgresWithOdooTemplate({ progress, settings: DURABLE });
    try {
      const queue = await BenchQueue.open(postgres, ["hubspot"]);
      const admin = new Client({ connectionString: postgres.adminUrl });
      await admin.connect();
      await admin.query("CREATE DATABASE hub_store");
      await admin.end();
      const port = await freePort();
      const hub = await HubProcess.start({
        queueUrl: queue.roleUrl,
        storeUrl: databaseUrl(postgres.adminUrl, "hub_store"),
        systems: {
          hubspot: {
            base_url: "http://127.0.0.1:1",
            credentials: { accessToken: "env:VENDOR_TOKEN", clientSecret: "env:VENDOR_TOKEN" },
          },
        },
        mappings: SINKS,
        inbound: { port, public_url: "https://hub.example.com", max_per_second: 10 * RATE },
      });
      try {
        const url = `http://127.0.0.1:${port}`;
        // It opens a moment after the hub says that it is ready.
        await waitFor("the door to open", async () => (await request(url)).statusCode === 404);
        const vendor = new Vendor(url);
        await progress.step("warming up", async () => vendor.post(WARM_UP));
        const waits = await progress.step("measuring", async () => vendor.post(options.events ?? REQUESTS));
        await vendor.close();
        return { name: "door", ratios: {}, figures: percentiles(waits) };
      } finally {
        await hub.stop();
        await queue.close();
      }
    } finally {
      await postgres.stop();
    }
  },
};

class Vendor {
  private readonly agent = new Agent({ connections: 64 });
  private sent = 0;

  constructor(private readonly url: string) {}

  /** Milliseconds each request took, from the moment when it was due. */
  async post(requests: number): Promise<number[]> {
    const begin = performance.now();
    const waits: Promise<number>[] = [];
    while (waits.length < requests) {
      const due = begin + (waits.length * 1_000) / RATE;
      const ahead = due - performance.now();
      if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
      waits.push(this.postOne(due));
    }
    return Promise.all(waits);
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  private async postOne(due: number): Promise<number> {
    this.sent += 1;
    const first = (this.sent % 10 === 0 ? this.sent - 1 : this.sent) * EVENTS;
    const body = JSON.stringify(
      Array.from({ length: EVENTS }, (_, n) => ({
        eventId: first + n,
        subscriptionId: 1,
        subscriptionType: "company.propertyChange",
        objectId: (first + n) % 5_000,
        propertyName: "phone",
        attemptNumber: 0,
        occurredAt: Date.now(),
      })),
    );
    const at = String(Date.now());
    const text = `POSThttps://hub.example.com/webhooks/hubspot${body}${at}`;
    const answer = await request(`${this.url}/webhooks/hubspot`, {
      method: "POST",
      dispatcher: this.agent,
      headers: {
        "content-type": "application/json",
        "x-hubspot-signature-v3": createHmac("sha256", SECRET).update(text).digest("base64"),
        "x-hubspot-request-timestamp": at,
      },
      body,
    });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`the door answered ${answer.statusCode}`);
    return performance.now() - due;
  }
}

function percentiles(waits: readonly number[]): Record<string, number> {
  const sorted = [...waits].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99), slowest_ms: at(1) };
}
