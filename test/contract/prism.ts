import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { freePort } from "./free-port";
import { repairedSpec } from "./repaired-spec";

const REPO = path.resolve(__dirname, "../..");

/** Vendors' own OpenAPI documents; they are not part of the repository (their licences differ). */
const SPECS_DIR = process.env["HUB_SPECS_DIR"] ?? path.resolve(REPO, "../shared/specs");

/** The specification, or null where the folder is not there: then the contract tests are skipped and counted as skipped. */
export function specification(folder: string): string | null {
  const file = path.join(SPECS_DIR, folder, "openapi.json");
  return existsSync(file) ? file : null;
}

export interface Prism {
  url: string;
  stop(): Promise<void>;
}

/**
 * Puts a checking proxy in front of a server: a request or an answer that violates the specification is answered with an
 * error that names the violation.
 */
export async function startPrism(spec: string, upstream: string): Promise<Prism> {
  const port = await freePort();
  const repaired = await repairedSpec(spec);
  const cli = path.join(REPO, "node_modules/@stoplight/prism-cli/dist/index.js");
  const options = ["--errors", "--host", "127.0.0.1", "--port", String(port)];
  const child = spawn(process.execPath, [cli, "proxy", repaired.file, upstream, ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const reap = (): void => void child.kill("SIGKILL");
  process.once("exit", reap);
  await listening(child);
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      process.removeListener("exit", reap);
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
      await repaired.remove();
    },
  };
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer): void => {
      said += chunk.toString("utf8");
      if (said.includes("Prism is listening")) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => reject(new Error(`Prism ended with ${code}: ${said.slice(-2000)}`)));
  });
}
