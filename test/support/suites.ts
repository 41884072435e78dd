import { runAddonTests } from "../stack/addon-tests";
import { runJest } from "./run-jest";

export interface SuiteResult {
  passed: number;
  failed: number;
  /** Full names of what failed, for the list at the end. */
  failures: string[];
  skipped: { name: string; reason: string }[];
  /** Full names of what failed at first and passed when its file ran once more. */
  secondTry: string[];
}

export interface Suite {
  name: string;
  title: string;
  run(): Promise<SuiteResult>;
}

/** In the order they run: the cheap ones first, what needs a running Odoo last. */
export const SUITES: Suite[] = [
  { name: "unit", title: "one part at a time", run: () => runJest("unit") },
  { name: "mappings", title: "every mapping against its example pairs", run: () => runJest("mappings") },
  { name: "contract", title: "requests against the vendors' own specifications", run: () => runJest("contract") },
  {
    name: "integration",
    title: "the queue contract and the sidecar on a real Postgres",
    run: () => runJest("integration", { secondTry: true }),
  },
  {
    name: "chaos",
    title: "crashes and faults: the final state is the undisturbed one",
    run: () => runJest("chaos", { secondTry: true }),
  },
  { name: "addon", title: "the addon's own tests inside a real Odoo", run: addonSuite },
  {
    name: "e2e",
    title: "real Odoo, real browser, the whole way",
    run: () => runJest("e2e", { secondTry: true }),
  },
];

async function addonSuite(): Promise<SuiteResult> {
  const result = await runAddonTests();
  return {
    passed: result.passed,
    failed: result.failed,
    failures: result.failed > 0 ? [`addon: ${result.failed} tests inside Odoo (see above)`] : [],
    secondTry: [],
    skipped: result.skipped > 0 ? [{ name: "addon", reason: `${result.skipped} tests skipped inside Odoo` }] : [],
  };
}
