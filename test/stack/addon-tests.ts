import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { ADDON, addonExists, copyAddons } from "./odoo/addon";
import { readAddonTestLog, type AddonTestReport } from "./addon-test-report";
import { ensureInstalled, MissingPrerequisite } from "./machine/apt";
import { ensureChromium } from "./chromium";
import { addonsDir, ODOO_DATABASE, runOdoo, writeOdooConfig, type OdooHome } from "./odoo/command";
import { PYTHON_TEST_PACKAGES } from "./odoo/packages";
import { repoRoot } from "./machine/paths";
import { freePort } from "./machine/ports";
import { terminalProgress, type Progress } from "./progress";
import { ensureRuntime, type Runtime } from "./odoo/runtime";
import { createScratchDir, startScratchPostgres } from "./postgres/scratch";
import { copyTemplate, ensureBaseTemplate } from "./odoo/template";

export interface AddonTestOptions {
  /** Odoo's --test-tags; all tests of the addon when absent. */
  tags: string;
  progress: Progress;
  signal?: AbortSignal;
}

/**
 * Run the addon's own tests in a real Odoo, on a fresh copy of the database with all apps. The addon is installed by the same
 * run, so both kinds of tests take part: those at installation and those after it. Prints what failed and returns the counts.
 */
export async function runAddonTests(options: Partial<AddonTestOptions> = {}): Promise<AddonTestReport> {
  const { tags = `/${ADDON}`, progress = terminalProgress(), signal } = options;
  if (!addonExists()) throw new MissingPrerequisite(`There is no addon to test: odoo_addon/${ADDON} has no manifest.`);
  const runtime = await ensureRuntime(progress, signal);
  await progress.step("Odoo's test packages", async () => await ensureInstalled(PYTHON_TEST_PACKAGES, signal));
  if (await usesBrowser()) await progress.step("Browser", async () => await ensureChromium(signal));
  const template = await ensureBaseTemplate(runtime, { demoData: true });
  const dir = await createScratchDir(runtime.user);
  try {
    await copyTemplate(template, dir, signal);
    const { binaries, user } = runtime;
    const server = await startScratchPostgres(
      binaries,
      user,
      path.join(dir, "pgdata"),
      template.postgresPassword,
      signal,
    );
    try {
      const home: OdooHome = { source: runtime.source, user, dir };
      const settings = { postgresPort: server.port, password: template.odooPassword, httpPort: await freePort() };
      await copyAddons(addonsDir(home));
      await writeOdooConfig(home, settings);
      const title = "Addon installed and tested";
      const report = await progress.step(title, async (detail) => await test(runtime, home, tags, detail));
      printReport(report);
      return report;
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function test(
  runtime: Runtime,
  home: OdooHome,
  tags: string,
  detail: (text: string) => void,
): Promise<AddonTestReport> {
  const result = await runOdoo(home, ODOO_DATABASE, ["-i", ADDON, "--test-tags", tags], {
    signal: runtime.signal,
    allowFailure: true,
    onLine: (line) => {
      const started = /: Starting (\S+) \.\.\. *$/.exec(line);
      if (started?.[1]) detail(started[1]);
    },
  });
  // Tracebacks name the copy that ran; a person wants the file to open.
  const log = `${result.stdout}${result.stderr}`.replaceAll(`${addonsDir(home)}/`, "odoo_addon/");
  await mkdir(path.dirname(LOG_FILE), { recursive: true });
  await writeFile(LOG_FILE, log, { mode: 0o600 });
  const report = readAddonTestLog(log);
  if (result.code !== 0 && report.failed === 0) {
    const last = log.trimEnd().split("\n").slice(-40).join("\n");
    throw new Error(
      `Odoo ended with code ${result.code} although no test failed:\n${report.errors.join("\n") || last}`,
    );
  }
  if (report.passed + report.failed + report.skipped === 0) {
    throw new Error(`No test ran for the tags ${tags}. Odoo's whole log: ${path.relative(repoRoot, LOG_FILE)}`);
  }
  return report;
}

/** Odoo's whole log of the last run, for what the report leaves out. */
const LOG_FILE = path.join(repoRoot, ".stack", "addon-tests.log");

async function usesBrowser(): Promise<boolean> {
  const folder = path.join(repoRoot, "odoo_addon", ADDON, "tests");
  for (const file of await readdir(folder).catch(() => [])) {
    if (file.endsWith(".py") && (await readFile(path.join(folder, file), "utf8")).includes("HttpCase")) return true;
  }
  return false;
}

/** Print failures in full, skips in a line each, and the counts last. */
function printReport(report: AddonTestReport): void {
  for (const { text, test } of report.failures) console.log(`\n${"─".repeat(80)}\n${test}\n${text}`);
  for (const { test, reason } of report.skips) console.log(`skipped ${test}: ${reason}`);
  console.log(`\naddon tests: ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
}

async function main(): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
  const program = new Command("addon-tests")
    .description("run the addon's own tests in a real Odoo")
    .option("--tags <tags>", "Odoo's --test-tags, e.g. /integration_hub:TestCapture.test_write", `/${ADDON}`)
    .parse();
  const { tags } = program.opts<{ tags: string }>();
  const report = await runAddonTests({ tags, signal: interrupted.signal });
  if (report.failed > 0) process.exitCode = 1;
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  });
}
