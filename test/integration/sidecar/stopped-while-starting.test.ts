import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { pino } from "pino";
import { Hub } from "../../../sidecar/hub";
import { databaseUrl } from "../../stack/database";
import { waitFor } from "../../support/wait-for";
import { OPEN_MS, SidecarBench } from "./running-hub";

/** Moments after which it is told to stop, in milliseconds: from before it listens until after it delivers. */
const MOMENTS = [0, 10, 30, 60, 100, 150, 200, 300, 500];

describe("a sidecar that is stopped while it starts", () => {
  let bench: SidecarBench;
  let admin: Client;
  let storeUrl: string;

  beforeAll(async () => {
    bench = await SidecarBench.open();
    admin = new Client({ connectionString: bench.database.adminUrl });
    await admin.connect();
    await admin.query("CREATE DATABASE hub_stopped");
    storeUrl = databaseUrl(bench.database.adminUrl, "hub_stopped");
    await bench.reset();
  }, OPEN_MS);
  afterAll(async () => {
    await admin?.end();
    await bench?.close();
  });

  it("delivers nothing afterwards, and leaves neither a connection nor an open door, whenever that is (RES-01)", async () => {
    const extra = 'inbound: { port: 0, public_url: "https://hub.example.com" }';
    for (const ms of MOMENTS) {
      const hub = new Hub(bench.config({ storeUrl, extra }), pino({ level: "silent" }));
      const started = hub.start().catch(() => false);
      await delay(ms);
      await hub.stop();
      const ran = await started;
      for (const url of [hub.url, hub.door?.url ?? null])
        if (url !== null) await expect(fetch(url)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
      await waitFor(
        `no connection to be left, stopped after ${ms} ms (it ${ran ? "ran" : "did not run"} by then)`,
        async () => {
          const { rows } = await admin.query<{ open: number }>(
            "SELECT count(*)::int AS open FROM pg_stat_activity WHERE application_name LIKE 'integration-hub%'",
          );
          return rows[0]?.open === 0;
        },
      );
    }
  }, 120_000);
});
