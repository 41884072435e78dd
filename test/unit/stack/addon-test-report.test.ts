import { readAddonTestLog } from "../../stack/addon-test-report";

const line = (level: string, logger: string, message: string): string =>
  `2026-01-05 10:00:00,123 77 ${level} odoo ${logger}: ${message} `;
const TESTS = "odoo.addons.integration_hub.tests.test_capture";

describe("reading Odoo's log of a test run", () => {
  it("counts what passed, failed and was skipped, and keeps the tracebacks", () => {
    const report = readAddonTestLog(
      [
        line("INFO", TESTS, "Starting TestCapture.test_good ..."),
        line("INFO", TESTS, "Starting TestCapture.test_bad ..."),
        line("INFO", TESTS, "======================================================================"),
        line("ERROR", TESTS, "FAIL: TestCapture.test_bad"),
        "Traceback (most recent call last):",
        '  File "test_capture.py", line 11, in test_bad',
        "AssertionError: 1 != 2",
        " ",
        line("INFO", TESTS, "Starting TestCapture.test_later ..."),
        line("INFO", TESTS, "skipped TestCapture.test_later : not in this edition"),
        line("ERROR", "odoo.tests.result", "1 failed, 0 error(s) of 3 tests when loading database 'odoo'"),
      ].join("\n"),
    );
    expect(report).toMatchObject({ passed: 1, failed: 1, skipped: 1, errors: [] });
    expect(report.failures[0]?.test).toBe("test_capture.TestCapture.test_bad");
    expect(report.failures[0]?.text).toContain("AssertionError: 1 != 2");
    expect(report.skips).toEqual([{ test: "test_capture.TestCapture.test_later", reason: "not in this edition" }]);
  });

  it("counts a test with several failing subtests once", () => {
    const report = readAddonTestLog(
      [
        line("INFO", TESTS, "Starting TestCapture.test_each ..."),
        line("ERROR", TESTS, "FAIL: Subtest TestCapture.test_each (case=1)"),
        line("ERROR", TESTS, "FAIL: Subtest TestCapture.test_each (case=2)"),
      ].join("\n"),
    );
    expect(report).toMatchObject({ passed: 0, failed: 1 });
    expect(report.failures).toHaveLength(2);
  });

  it("counts a class that could not be set up as failed, although none of its tests started", () => {
    const name = "setUpClass (odoo.addons.integration_hub.tests.test_capture.TestCapture)";
    const report = readAddonTestLog(line("ERROR", "odoo.tests.suite", `ERROR: ${name}`));
    expect(report).toMatchObject({ passed: 0, failed: 1 });
  });

  it("keeps errors that belong to no test apart", () => {
    const report = readAddonTestLog(line("ERROR", "odoo.sql_db", "bad query: SELECT nonsense"));
    expect(report).toMatchObject({ passed: 0, failed: 0, errors: ["bad query: SELECT nonsense"] });
  });

  it("finds nothing in a log without tests", () => {
    expect(readAddonTestLog(line("INFO", "odoo.modules.loading", "Modules loaded."))).toMatchObject({
      passed: 0,
      failed: 0,
      skipped: 0,
    });
  });
});
