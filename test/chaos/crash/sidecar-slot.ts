import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import { EDITIONS } from "../../sandbox/vendors/ledger";
import { waitFor } from "../../support/wait-for";
import { PostgresGate } from "./postgres-gate";
import { VendorGate } from "./vendor-gate";

const HUB = path.resolve(__dirname, "../../../sidecar/bin/hub.js");
/** A start on a busy machine. */
const START_MS = 60_000;

export interface SlotOptions {
  folder: string;
  mappings: string[];
  /** The sidecar's role in Odoo's database. */
  queueUrl: string;
  storeUrl: string;
  sandboxUrl: string;
  leaseSeconds: number;
}

/** One place for a sidecar: a real process behind gates of its own, started again after every kill. */
export class SidecarSlot {
  private child: ChildProcess | null = null;
  private output = "";
  /** Set while somebody is about to end the process: then its end is no accident. */
  private ending = false;
  private closed = false;
  /** What a process said that ended by itself. */
  readonly accidents: string[] = [];

  private constructor(
    readonly postgres: PostgresGate,
    readonly vendors: VendorGate,
    private readonly file: string,
    private readonly storeUrl: string,
  ) {}

  static async open(name: string, options: SlotOptions): Promise<SidecarSlot> {
    const queue = new URL(options.queueUrl);
    const postgres = await PostgresGate.open({ host: queue.hostname, port: Number(queue.port) });
    const vendors = await VendorGate.open(options.sandboxUrl);
    queue.hostname = "127.0.0.1";
    queue.port = String(postgres.port);
    const file = path.join(options.folder, `${name}.yaml`);
    writeFileSync(file, stringify(configuration(queue.toString(), vendors.url, options)), { mode: 0o600 });
    return new SidecarSlot(postgres, vendors, file, options.storeUrl);
  }

  get alive(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  async start(): Promise<void> {
    if (this.alive || this.closed) return;
    this.output = "";
    this.ending = false;
    const child = spawn(process.execPath, [HUB, "serve", "--config", this.file], {
      env: { ...process.env, STORE_URL: this.storeUrl, LEDGER_TOKEN: "demo" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (this.output = `${this.output}${chunk.toString()}`.slice(-20_000)));
    child.once("exit", (code) => {
      if (!this.ending) this.accidents.push(`ended by itself with ${code}: ${this.output.slice(-2_000)}`);
    });
    await waitFor("a sidecar to start", () => this.said("hub started") || !this.alive, { timeoutMs: START_MS });
    if (!this.alive) throw new Error(`A sidecar did not start: ${this.output.slice(-2_000)}`);
  }

  /** Whether it has logged this since its start. */
  said(text: string): boolean {
    return this.output.includes(text);
  }

  /** As a crash: nothing is handed back, nothing is said. The signal is on its way when this returns. */
  kill(): void {
    this.ending = true;
    this.child?.kill("SIGKILL");
  }

  /** Asks it to stop. */
  ask(): void {
    this.ending = true;
    this.child?.kill("SIGTERM");
  }

  /** Its exit code once it is gone; null when a signal ended it. */
  async gone(): Promise<number | null> {
    const { child } = this;
    if (!child) return null;
    if (this.alive) await new Promise((resolve) => child.once("exit", resolve));
    return child.exitCode;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.kill();
    await this.gone();
    await Promise.all([this.postgres.close(), this.vendors.close()]);
  }
}

function configuration(queueUrl: string, vendorsUrl: string, options: SlotOptions): object {
  return {
    // Nobody answers as Odoo: without an API key the sidecar asks nothing of it.
    odoo: { url: "http://127.0.0.1:9", database: "chaos", queue_url: fileWith(options.folder, queueUrl) },
    store: { url: "env:STORE_URL" },
    admin: { port: 0 },
    mappings: { dirs: options.mappings },
    delivery: { lease_seconds: options.leaseSeconds, reap_seconds: 1, poll_ms: 500, stop_seconds: 5 },
    systems: Object.fromEntries(
      EDITIONS.map((edition) => [
        `ledger_${edition}`,
        { base_url: `${vendorsUrl}/ledger_${edition}`, credentials: { token: "env:LEDGER_TOKEN" } },
      ]),
    ),
  };
}

/** Each slot reaches Postgres through its own gate; the address holds a password, so it is a secret in a file. */
function fileWith(folder: string, secret: string): string {
  const file = path.join(folder, `queue-${new URL(secret).port}.url`);
  writeFileSync(file, secret, { mode: 0o600 });
  return `file:${file}`;
}
