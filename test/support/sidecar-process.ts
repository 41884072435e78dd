import { spawn, type ChildProcess } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { request } from "undici";
import { parse, stringify } from "yaml";
import { freePort } from "../stack/machine/ports";
import type { StackState } from "../stack/state";
import { waitFor } from "./wait-for";

const HUB = path.resolve(__dirname, "../../sidecar/bin/hub.js");

/** A sidecar of the test's own beside the stack's, on the same queue and the same store: real processes that can be killed. */
export class SidecarProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** `change` may alter the stack's configuration, for instance add a folder of mappings. */
  static async start(
    stack: StackState,
    change: (config: Record<string, Record<string, unknown>>) => void = () => undefined,
  ): Promise<SidecarProcess> {
    const port = await freePort();
    const config = parse(await readFile(stack.sidecar.configFile, "utf8")) as Record<string, Record<string, unknown>>;
    config["admin"] = { ...config["admin"], port };
    // The door belongs to the stack's own sidecar.
    config["inbound"] = { ...config["inbound"], port: 0 };
    change(config);
    // Beside the stack's own, because the configuration refers to its secrets by relative paths.
    const file = path.join(path.dirname(stack.sidecar.configFile), `hub-${port}.yaml`);
    await writeFile(file, stringify(config), { mode: 0o600 });
    const child = spawn(process.execPath, [HUB, "serve", "--config", file], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-4_000)));
    const url = `http://127.0.0.1:${port}`;
    try {
      await waitFor("the second sidecar to be ready", async () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output}`);
        const answer = await request(`${url}/readyz`);
        const text = await answer.body.text();
        if (answer.statusCode !== 200) throw new Error(`it says ${text}`);
        return true;
      });
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    return new SidecarProcess(child, url);
  }

  /** As a crash: nothing is handed back, nothing is said. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  private async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill(signal);
    await gone;
  }
}
