import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { request } from "undici";
import { stringify } from "yaml";
import { freePort } from "../../stack/machine/ports";
import { waitFor } from "../../support/wait-for";

const HUB = path.resolve(__dirname, "../../../sidecar/bin/hub.js");
const ROOT = path.resolve(__dirname, "../../..");
const SHIPPED = path.resolve(__dirname, "../../../mappings");

/** The connectors that deliver to the sink. */
export const SINKS = path.join(__dirname, "mappings");

export interface HubOptions {
  queueUrl: string;
  /** By code, what stands under `systems` of the configuration; the secret env:VENDOR_TOKEN opens the stand-ins. */
  systems: Record<string, object>;
  /** Folder of mappings and connectors laid over the shipped ones. */
  mappings: string;
  /** The hub's own database; without one it keeps nothing. */
  storeUrl?: string;
  /** The door for webhooks; closed without. */
  inbound?: Record<string, string | number>;
  /** On top of the defaults, which are what is measured otherwise. */
  delivery?: Record<string, number>;
  /** Arguments for Node, such as `--cpu-prof`. */
  nodeArgs?: string[];
}

/**
 * Compiles the sidecar, once a run. What is measured is what is shipped: run from its sources, every closure that is made gets its name set
 * by the loader, which shows in the figures.
 */
function build(): void {
  if (built) return;
  built = true;
  execFileSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", "tsconfig.build.json"], { cwd: ROOT });
  const copy = "find . -type f ! -name '*.ts' ! -name Dockerfile -exec cp --parents -t ../dist/sidecar {} +";
  execFileSync("sh", ["-c", copy], { cwd: path.join(ROOT, "sidecar") });
}

let built = false;

/** The hub as it is run: `hub serve` in a process of its own, with its default settings, its log in a file. */
export class HubProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(options: HubOptions): Promise<HubProcess> {
    build();
    const folder = mkdtempSync(path.join(tmpdir(), "hub-bench-"));
    const port = await freePort();
    const file = path.join(folder, "hub.yaml");
    writeFileSync(
      file,
      stringify({
        odoo: { url: "http://odoo.invalid", database: "bench", queue_url: "env:QUEUE_URL" },
        admin: { port },
        mappings: { dirs: [SHIPPED, options.mappings] },
        systems: options.systems,
        ...(options.storeUrl === undefined ? {} : { store: { url: "env:STORE_URL" } }),
        ...(options.inbound ? { inbound: options.inbound } : {}),
        ...(options.delivery ? { delivery: options.delivery } : {}),
      }),
    );
    const log = openSync(path.join(folder, "hub.log"), "w");
    const child = spawn(process.execPath, [...(options.nodeArgs ?? []), HUB, "serve", "--config", file], {
      stdio: ["ignore", log, log],
      env: { ...process.env, QUEUE_URL: options.queueUrl, STORE_URL: options.storeUrl ?? "", VENDOR_TOKEN: "demo" },
    });
    process.once("exit", () => child.kill("SIGKILL"));
    const hub = new HubProcess(child, folder);
    try {
      await waitFor(
        "the hub to be ready",
        async () => {
          if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
          return (await request(`http://127.0.0.1:${port}/readyz`)).statusCode === 200;
        },
        { timeoutMs: 60_000 },
      );
    } catch (error) {
      const said = readFileSync(path.join(folder, "hub.log"), "utf8").slice(-2_000);
      await hub.stop();
      throw new Error(`${(error as Error).message}\n${said}`, { cause: error });
    }
    return hub;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise((resolve) => this.child.once("exit", resolve));
      this.child.kill("SIGTERM");
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
