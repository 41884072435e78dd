import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { SuiteResult } from "./suites";

/** The part of jest's `--json` report that is read here. */
interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
  testResults: {
    name: string;
    message: string;
    assertionResults: { fullName: string; status: "passed" | "failed" | "pending" | "skipped" | "todo" | "disabled" }[];
  }[];
}

const root = path.resolve(__dirname, "../..");

/** Runs one jest project (a folder of `test/`) and reads its report. `inBand`: one file at a time, for suites that share a server. */
export async function runJest(project: string, options: { inBand?: boolean } = {}): Promise<SuiteResult> {
  const folder = await mkdtemp(path.join(tmpdir(), "hub-jest-"));
  const reportFile = path.join(folder, "report.json");
  try {
    const args = [
      path.join(root, "node_modules/jest/bin/jest.js"),
      ...["--selectProjects", project, "--json", `--outputFile=${reportFile}`, "--passWithNoTests"],
      ...(options.inBand === true ? ["--runInBand"] : ["--maxWorkers=2"]),
    ];
    const code = await new Promise<number | null>((resolve, reject) => {
      const child = spawn(process.execPath, args, {
        cwd: root,
        stdio: ["ignore", "ignore", "inherit"],
      });
      child.on("error", reject);
      child.on("exit", resolve);
    });
    return read(project, JSON.parse(await readFile(reportFile, "utf8")) as JestReport, code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function read(project: string, report: JestReport, code: number | null): SuiteResult {
  const failures: string[] = [];
  const skipped: SuiteResult["skipped"] = [];
  for (const file of report.testResults) {
    const name = path.relative(root, file.name);
    if (file.assertionResults.length === 0 && file.message !== "") failures.push(`${name}: could not start`);
    for (const test of file.assertionResults) {
      if (test.status === "failed") failures.push(`${name}: ${test.fullName}`);
      // A test that cannot run here says why in its own name: `skipped because …`.
      if (test.status === "pending" || test.status === "skipped" || test.status === "todo") {
        skipped.push({ name, reason: test.fullName });
      }
    }
  }
  let failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  if (code !== 0 && failed === 0) {
    failures.push(`${project}: jest ended with code ${code ?? "none"}`);
    failed = 1;
  }
  return { passed: report.numPassedTests, failed, failures, skipped };
}
