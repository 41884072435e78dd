import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { SuiteResult } from "./suites";

/** The part of jest's `--json` report that is read here. */
interface JestReport {
  testResults: FileReport[];
}

interface FileReport {
  name: string;
  message: string;
  assertionResults: { fullName: string; status: "passed" | "failed" | "pending" | "skipped" | "todo" | "disabled" }[];
}

export interface JestOptions {
  /**
   * Files that failed run once more, one at a time, for suites whose browser and servers share a busy machine. What passes then counts as
   * passed and is listed at the end for somebody to look into. Where many failed, something is broken, and nothing runs again.
   */
  secondTry?: boolean;
}

const MOST_TRIED_AGAIN = 4;

const root = path.resolve(__dirname, "../..");

/** Runs one jest project (a folder of `test/`) and reads its report. */
export async function runJest(project: string, options: JestOptions = {}): Promise<SuiteResult> {
  const first = await once(project);
  const again = first.files.filter(failedIn).map(({ name }) => name);
  if (options.secondTry !== true || again.length === 0 || again.length > MOST_TRIED_AGAIN) {
    return read(project, first.files, first.code);
  }
  console.log(`── ${project}: once more, what failed: ${again.map((name) => path.relative(root, name)).join(", ")}`);
  const second = await once(project, again);
  const late = new Map(second.files.map((file) => [file.name, file]));
  const result = read(
    project,
    first.files.map((file) => late.get(file.name) ?? file),
    second.code,
  );
  return { ...result, secondTry: namesOfFailed(first.files).filter((name) => !result.failures.includes(name)) };
}

/** Two files at a time, or these only, one after the other. */
async function once(
  project: string,
  files: readonly string[] = [],
): Promise<{ files: FileReport[]; code: number | null }> {
  const folder = await mkdtemp(path.join(tmpdir(), "hub-jest-"));
  const reportFile = path.join(folder, "report.json");
  try {
    const args = [
      path.join(root, "node_modules/jest/bin/jest.js"),
      ...["--selectProjects", project, "--json", `--outputFile=${reportFile}`, "--passWithNoTests"],
      ...(files.length > 0 ? ["--runInBand", "--runTestsByPath", ...files] : ["--maxWorkers=2"]),
    ];
    const code = await new Promise<number | null>((resolve, reject) => {
      const child = spawn(process.execPath, args, {
        cwd: root,
        stdio: ["ignore", "ignore", "inherit"],
      });
      child.on("error", reject);
      child.on("exit", resolve);
    });
    return { files: (JSON.parse(await readFile(reportFile, "utf8")) as JestReport).testResults, code };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const couldNotStart = (file: FileReport): boolean => file.assertionResults.length === 0 && file.message !== "";

const failedIn = (file: FileReport): boolean =>
  couldNotStart(file) || file.assertionResults.some(({ status }) => status === "failed");

function namesOfFailed(files: readonly FileReport[]): string[] {
  return files.flatMap((file) => {
    const name = path.relative(root, file.name);
    if (couldNotStart(file)) return [`${name}: could not start`];
    return file.assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName }) => `${name}: ${fullName}`);
  });
}

function read(project: string, files: readonly FileReport[], code: number | null): SuiteResult {
  const failures = namesOfFailed(files);
  if (code !== 0 && failures.length === 0) failures.push(`${project}: jest ended with code ${code ?? "none"}`);
  const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file })));
  // A test that cannot run here says why in its own name: `skipped because …`.
  const skipped = tests
    .filter(({ status }) => status === "pending" || status === "skipped" || status === "todo")
    .map(({ file, fullName }) => ({ name: path.relative(root, file.name), reason: fullName }));
  const passed = tests.filter(({ status }) => status === "passed").length;
  return { passed, failed: failures.length, failures, skipped, secondTry: [] };
}
