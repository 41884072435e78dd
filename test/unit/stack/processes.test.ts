import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { identify } from "../../stack/machine/proc";
import { runningService, startService, stopService, type ServiceSpec } from "../../stack/native/processes";
import { waitFor } from "../../support/wait-for";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "hub-processes-"));
});
afterEach(async () => {
  await stopService(dir, "sandbox");
  rmSync(dir, { recursive: true, force: true });
});

const pidFile = (): string => path.join(dir, "run", "sandbox.pid");

const service = (program: string): ServiceSpec => ({
  name: "sandbox",
  command: process.execPath,
  args: ["-e", program, dir],
  cwd: dir,
  env: process.env,
  logFile: path.join(dir, "sandbox.log"),
  marker: dir,
});

const WAITING = "process.stdout.write('up\\n'); setInterval(() => {}, 1000)";

it("finds a service it started, and stops it", async () => {
  const { pid } = await startService(dir, service(WAITING));
  expect((await runningService(dir, "sandbox"))?.pid).toBe(pid);
  expect(await stopService(dir, "sandbox")).toBe(true);
  expect(identify(pid)).toBeUndefined();
  expect(existsSync(pidFile())).toBe(false);
  expect(await stopService(dir, "sandbox")).toBe(false);
});

it("ends the helpers of a service with it", async () => {
  const program = `
    const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    process.stdout.write(child.pid + "\\n");
    setInterval(() => {}, 1000)`;
  await startService(dir, service(program));
  let helper = 0;
  await waitFor(
    "the helper to say its number",
    () => (helper = Number(readFileSync(path.join(dir, "sandbox.log"), "utf8"))) > 0,
  );
  expect(identify(helper)).toBeDefined();
  await stopService(dir, "sandbox");
  await waitFor("the helper to end", () => identify(helper) === undefined);
});

it("leaves a process alone that only has the same number", async () => {
  const { pid } = await startService(dir, service(WAITING));
  const saved = JSON.parse(readFileSync(pidFile(), "utf8")) as object;
  writeFileSync(pidFile(), JSON.stringify({ ...saved, marker: "somebody else's" }));
  expect(await runningService(dir, "sandbox")).toBeUndefined();
  expect(identify(pid)).toBeDefined();
  process.kill(pid, "SIGKILL");
});

it("keeps the log of the run before", async () => {
  await startService(dir, service(WAITING));
  await stopService(dir, "sandbox");
  await startService(dir, service(WAITING));
  expect(existsSync(path.join(dir, "sandbox.log.old"))).toBe(true);
});
