/**
 * Runs a TypeScript program of this repository on a machine that has Node and nothing else:
 * installs the locked dependencies when they are missing or older than the lock file, then starts the program.
 *
 *   node test/support/with-dependencies.mjs <program.ts> [arguments]
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync, utimesSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const [program, ...args] = process.argv.slice(2);

const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(
    `Node 20 or later is needed; this is ${process.version}. Install it from https://nodejs.org and try again.`,
  );
  process.exit(1);
}

const lock = path.join(root, "package-lock.json");
const installed = path.join(root, "node_modules", ".package-lock.json");
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  console.log("Installing dependencies (npm ci) …");
  const install = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
  });
  if (install.status !== 0) process.exit(install.status ?? 1);
  const now = new Date();
  utimesSync(installed, now, now);
}

const child = spawn(process.execPath, ["--import", "tsx", path.join(root, program), ...args], {
  cwd: root,
  stdio: "inherit",
});
// The program decides how to end on a signal: it gets the terminal's own, and ours when we are asked to stop.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
