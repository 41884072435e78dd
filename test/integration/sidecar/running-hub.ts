import { pino } from "pino";
import { buildConfig } from "../../../sidecar/config/load";
import { parseConfigText } from "../../../sidecar/config/file";
import type { Config } from "../../../sidecar/config/config";
import { Hub } from "../../../sidecar/hub";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { openQueueDatabase, type QueueDatabase } from "../../support/queue-database";
import { waitFor } from "../../support/wait-for";

/** Making Odoo's template database anew, after a change of the addon, takes minutes. */
export const OPEN_MS = 400_000;

export const ADMIN_TOKEN = "a token for this test alone";

/** Odoo's real database with the contract, the vendors' stand-ins, and sidecars that deliver between them. No Odoo server. */
export class SidecarBench {
  private readonly hubs: Hub[] = [];

  private constructor(
    readonly database: QueueDatabase,
    readonly sandbox: Sandbox,
  ) {}

  static async open(settings?: Readonly<Record<string, string>>): Promise<SidecarBench> {
    const database = await openQueueDatabase(settings);
    return new SidecarBench(database, await startSandbox({ port: 0 }));
  }

  get fixture(): QueueDatabase["fixture"] {
    return this.database.fixture;
  }

  /** What an administrator would have written; `extra` is YAML on top. */
  config(changes: { queueUrl?: string; storeUrl?: string; extra?: string } = {}): Config {
    const text = `
odoo: { url: "http://odoo.invalid", database: test, queue_url: env:QUEUE_URL }
admin: { port: 0, token: env:ADMIN_TOKEN }
systems:
  hubspot: { base_url: "${this.sandbox.url}/hubspot", credentials: { accessToken: env:SANDBOX_TOKEN } }
  asana: { base_url: "${this.sandbox.url}/asana", credentials: { accessToken: env:SANDBOX_TOKEN } }
  bamboohr:
    base_url: "${this.sandbox.url}/bamboohr"
    settings: { companyDomain: acme }
    credentials: { apiKey: env:SANDBOX_TOKEN }
${changes.storeUrl === undefined ? "" : "store: { url: env:STORE_URL }"}
${changes.extra ?? ""}
`;
    return buildConfig(parseConfigText(text, "hub.yaml", process.cwd()), "hub.yaml", {
      QUEUE_URL: changes.queueUrl ?? this.database.roleUrl,
      ADMIN_TOKEN,
      SANDBOX_TOKEN: "demo",
      ...(changes.storeUrl === undefined ? {} : { STORE_URL: changes.storeUrl }),
    });
  }

  async startHub(config: Config = this.config()): Promise<Hub> {
    const hub = new Hub(config, pino({ level: process.env["TEST_LOG"] ?? "silent" }));
    this.hubs.push(hub);
    await hub.start();
    return hub;
  }

  /** Back to an empty queue, fresh systems and untouched vendors; hubs of the test are stopped. */
  async reset(): Promise<void> {
    await this.stopHubs();
    await this.database.owner.query(
      "TRUNCATE integration_attempt, integration_link, integration_delivery, integration_event_payload, integration_event, integration_replay CASCADE",
    );
    for (const code of ["hubspot", "asana", "bamboohr"]) await this.fixture.system(code);
    this.sandbox.reset();
  }

  async stopHubs(): Promise<void> {
    await Promise.all(this.hubs.splice(0).map((hub) => hub.stop()));
  }

  /** Resolves when the delivery is in the state; says where it stands when it never gets there. */
  async reaches(id: number, state: string, timeoutMs = 20_000): Promise<Record<string, unknown>> {
    let row: Record<string, unknown> = {};
    try {
      const arrived = async (): Promise<boolean> => {
        row = await this.fixture.delivery(id);
        return row["state"] === state;
      };
      await waitFor(`delivery ${id} to be ${state}`, arrived, { timeoutMs });
    } catch (error) {
      const { state: stuck, error_code, error_message } = row;
      throw new Error(`${(error as Error).message}; it is ${JSON.stringify({ stuck, error_code, error_message })}`, {
        cause: error,
      });
    }
    return row;
  }

  async close(): Promise<void> {
    await this.stopHubs();
    await this.sandbox.close();
    await this.database.close();
  }
}
