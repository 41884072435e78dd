/** What Odoo's log says about a test run. */
export interface AddonTestReport {
  passed: number;
  failed: number;
  skipped: number;
  failures: { test: string; text: string }[];
  skips: { test: string; reason: string }[];
  /** Errors that belong to no test, such as a module that does not load. */
  errors: string[];
}

interface Entry {
  level: string;
  logger: string;
  message: string;
}

const LINE = /^\d{4}-\d\d-\d\d [\d:,]+ \d+ ([A-Z]+) \S+ ([\w.]+): (.*)$/;

/**
 * Read the outcome from Odoo's log: it has no machine-readable report, and its exit code is 0 even when no test ran.
 * A test with several failing subtests counts once.
 */
export function readAddonTestLog(log: string): AddonTestReport {
  const started = new Set<string>();
  const failedTests = new Set<string>();
  const report: AddonTestReport = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [], errors: [] };
  for (const { level, logger, message } of entries(log)) {
    const inTest = logger.includes(".tests.");
    const qualified = (test: string): string => `${logger.split(".").slice(-1)[0]}.${test}`;
    const start = inTest && /^Starting (\S+) \.\.\.$/.exec(message);
    const skip = inTest && /^skipped (.+?) : ([^]*)$/.exec(message);
    const failure = /^(?:FAIL|ERROR): (?:(Subtest) )?(\S+(?: \([^)]*\))?)/.exec(message);
    if (start) started.add(qualified(start[1] ?? ""));
    else if (skip) report.skips.push({ test: qualified(skip[1] ?? ""), reason: skip[2] ?? "" });
    else if (level === "ERROR" && failure) {
      const name = failure[2] ?? "";
      failedTests.add(qualified(failure[1] ? name.replace(/ .*/, "") : name));
      report.failures.push({ test: qualified(name), text: message });
    } else if ((level === "ERROR" || level === "CRITICAL") && !inTest && !isSummary(logger))
      report.errors.push(message);
  }
  const skippedTests = new Set(report.skips.map(({ test }) => test));
  report.failed = failedTests.size;
  report.skipped = skippedTests.size;
  report.passed = [...started].filter((test) => !failedTests.has(test) && !skippedTests.has(test)).length;
  return report;
}

/** Lines that only repeat that something failed. */
function isSummary(logger: string): boolean {
  return logger === "odoo.tests.result" || logger === "odoo.modules.loading" || logger === "odoo.tests.suite";
}

/** Split the log into entries; a line without a time belongs to the entry before it. */
function entries(log: string): Entry[] {
  const found: Entry[] = [];
  for (const line of log.split("\n").map((text) => text.trimEnd())) {
    const [, level, logger, message] = LINE.exec(line) ?? [];
    const last = found.at(-1);
    if (level !== undefined && logger !== undefined && message !== undefined) found.push({ level, logger, message });
    else if (last && line !== "") last.message += `\n${line}`;
  }
  return found;
}
