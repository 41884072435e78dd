/**
 * `npm run demo`: a real Odoo with the hub, real changes in it, and where each one went.
 *
 *   npm run demo              brings the stack up, tells the story, says where to click, and stays until Ctrl-C
 *   npm run demo -- --once    ends after the table: 0 when every delivery arrived, 1 otherwise
 *
 * What was started is stopped at the end, also when interrupted; a stack that ran before keeps running.
 */
import { Command } from "commander";
import { Pool } from "pg";
import { terminalProgress } from "../stack/progress";
import { NoStack, readStack, type StackState } from "../stack/state";
import { down, up } from "../stack/up";
import { installStarterRules } from "../support/starter-rules";
import { OdooApi } from "../support/odoo-api";
import { SandboxControl } from "../support/sandbox-control";
import { waitFor } from "../support/wait-for";
import { arrived, isOver, lastDelivery, readDeliveries, type Row } from "./deliveries";
import { readReceipts } from "./receipts";
import { story } from "./story";
import { LiveTable } from "./table";

const STACK = "demo";
/** Longest wait for one step's deliveries; a dependent one waits for the record it needs. */
const STEP_MS = 30_000;

async function main(): Promise<void> {
  const program = new Command("npm run demo --")
    .option("--once", "end after the table, with exit code 0 only if every delivery arrived")
    .option("--keep", "leave the stack running at the end")
    .parse();
  const options = program.opts<{ once?: boolean; keep?: boolean }>();

  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort());
  const ranBefore = isUp();
  try {
    const stack = await up({ name: STACK, progress: terminalProgress(), signal: interrupted.signal });
    const complete = await tell(stack, interrupted.signal);
    process.exitCode = complete ? 0 : 1;
    if (options.once !== true) {
      whereToClick(stack);
      await untilAborted(interrupted.signal);
      process.exitCode = 0;
    }
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    if (!ranBefore && options.keep !== true) {
      const stopped = await down(STACK);
      console.log(`Stopped: ${stopped.join(", ")}. The data stays: npm run demo again takes seconds.`);
    }
  }
}

/** Makes the changes one after the other and shows where they went. Answers whether everything arrived. */
async function tell(stack: StackState, signal: AbortSignal): Promise<boolean> {
  const odoo = await OdooApi.signIn(stack);
  const rules = await installStarterRules(odoo);
  console.log(`\n${rules} rules say which changes go where. Now somebody works in Odoo:\n`);
  const sandbox = new SandboxControl(stack.sandbox.url);
  const pool = new Pool({ connectionString: stack.postgres.adminUrl });
  try {
    const since = await lastDelivery(pool);
    const table = new LiveTable();
    let rows: Row[] = [];
    let milliseconds: (row: Row) => number | null = () => null;
    const look = async (): Promise<void> => {
      rows = await readDeliveries(pool, since);
      milliseconds = await readReceipts(sandbox);
      table.show(rows, milliseconds, isOver);
    };
    for (const step of story(odoo)) {
      signal.throwIfAborted();
      await step.does();
      await waitFor(`"${step.says}" to be delivered`, async () => (await look(), rows.every(isOver)), {
        timeoutMs: STEP_MS,
        signal,
      }).catch((error: unknown) => signal.aborted && Promise.reject(error as Error));
    }
    return summary(rows, milliseconds);
  } finally {
    await pool.end();
  }
}

function summary(rows: Row[], milliseconds: (row: Row) => number | null): boolean {
  const missing = rows.filter((row) => !arrived(row));
  for (const row of missing) console.log(`\n${row.record} → ${row.target}: ${row.state}. ${row.error ?? ""}`);
  const times = rows.map(milliseconds).filter((ms) => ms !== null);
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  console.log(
    `\n${rows.length - missing.length} of ${rows.length} deliveries arrived.` +
      (median === undefined ? "" : ` From Odoo's commit to the receipt at the target: median ${median.toFixed(0)} ms.`),
  );
  return rows.length > 0 && missing.length === 0;
}

function whereToClick(stack: StackState): void {
  const { odoo, sandbox, sidecar } = stack;
  console.log(`
Where to click
  Odoo               ${odoo.url}/odoo          login ${odoo.login}, password ${odoo.password}
  All deliveries     ${odoo.url}/odoo/integration-deliveries
  A client's form    ${odoo.url}/odoo/contacts  (the status is the first button; change the phone and watch it)
  The stand-ins      ${sandbox.url}/_sandbox/records/hubspot/company
  The sidecar        ${sidecar.url}/readyz

Ctrl-C ends the demo.`);
}

function isUp(): boolean {
  try {
    return Object.keys(readStack(STACK).pids).length > 0;
  } catch (error) {
    if (error instanceof NoStack) return false;
    throw error;
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  // An interval keeps the process alive; the signal alone would not.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  clearInterval(alive);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
