/**
 * `npm test`: runs every suite on a machine that has Node, git and a Debian or Docker to get Odoo from, one after the
 * other, of each two files at a time, and ends with what could not run, and one line of totals.
 *
 *   npm test                     everything
 *   npm test -- unit mappings    only these suites
 *
 * Exit code 0 only when nothing failed and, in CI (`CI=true`), nothing was skipped.
 */
import { Command } from "commander";
import { SUITES, type SuiteResult } from "./support/suites";

async function main(): Promise<void> {
  const program = new Command("npm test --")
    .argument("[suites...]", `which suites to run: ${SUITES.map((suite) => suite.name).join(", ")}`)
    .parse();
  const wanted = new Set(program.args);
  const unknown = [...wanted].filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) program.error(`There is no suite called ${unknown.join(", ")}.`);

  const results: SuiteResult[] = [];
  for (const suite of SUITES) {
    if (wanted.size > 0 && !wanted.has(suite.name)) continue;
    console.log(`\n── ${suite.name}: ${suite.title}`);
    const startedAt = Date.now();
    const result = await suite.run();
    results.push(result);
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
    console.log(
      `── ${suite.name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped.length} skipped (${seconds} s)`,
    );
  }
  process.exitCode = report(results);
}

function report(results: SuiteResult[]): number {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const skipped = results.flatMap((result) => result.skipped);
  let failed = results.reduce((sum, result) => sum + result.failed, 0);

  const failures = results.flatMap((result) => result.failures);
  if (failures.length > 0) {
    console.log("\nFailed:");
    for (const failure of failures) console.log(`  ✗ ${failure}`);
  }
  const secondTry = results.flatMap((result) => result.secondTry);
  if (secondTry.length > 0) {
    console.log("\nPassed at the second try only (look into these):");
    for (const name of secondTry) console.log(`  ~ ${name}`);
  }
  if (skipped.length > 0) {
    console.log("\nCould not run:");
    for (const skip of skipped) console.log(`  – ${skip.name}: ${skip.reason}`);
    if (process.env["CI"] === "true") {
      console.log("In CI a test that cannot run has failed.");
      failed += skipped.length;
    }
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
