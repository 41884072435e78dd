import type { QuotaUse } from "../sandbox/quotas";
import { startPostgresWithOdooTemplate } from "../stack/database";
import { DURABLE } from "../stack/postgres/server";
import { terminalProgress } from "../stack/progress";
import { CODES, forecast, leastSeconds, OVERLAY, quotaOf, type Code } from "./month-end/forecast";
import { MonthEnd, type Drained } from "./month-end/run";
import { Vendors } from "./month-end/vendors";
import { quantile } from "./median";
import { HubProcess } from "./pipeline/hub";
import { BenchQueue } from "./pipeline/queue";
import type { Bench, BenchOptions, BenchResult } from "./report";

const TIMESHEETS = 50_000;
/** Invoices for each timesheet line: 2,000 of 50,000. */
const INVOICES_SHARE = 0.04;
/** What the vendors' stand-ins take to answer; real ones take between 100 and 300 ms. */
const ANSWER_MS = 150;
/** Somebody saves a customer and somebody else posts an invoice by hand, every three seconds. */
const BY_HAND_EVERY_MS = 3_000;

/** How long month end takes against what the vendors' quotas allow and against the forecast, and what people notice meanwhile. */
export const monthEnd: Bench = {
  name: "month-end",
  title:
    "50,000 timesheet lines and 2,000 invoices: time ÷ the least that two vendors' real quotas allow, and ÷ the forecast",
  async run(options: BenchOptions): Promise<BenchResult> {
    const timesheets = options.events ?? TIMESHEETS;
    const invoices = Math.ceil(timesheets * INVOICES_SHARE);
    const progress = terminalProgress();
    const postgres = await startPostgresWithOdooTemplate({ progress, settings: DURABLE });
    const vendors = await Vendors.start();
    const queue = await BenchQueue.open(postgres, CODES);
    const hub = await HubProcess.start({
      queueUrl: queue.roleUrl,
      mappings: OVERLAY,
      systems: Object.fromEntries(CODES.map((code) => [code, connection(code, vendors.url)])),
    });
    try {
      const month = await MonthEnd.prepare(queue, vendors);
      await progress.step(`${timesheets} timesheet lines and ${invoices} invoices`, async () =>
        month.fill(timesheets, invoices),
      );
      await vendors.open(
        ANSWER_MS,
        CODES.map((system) => ({ system, ...quotaOf(system) })),
      );
      const drained = await progress.step("draining", async () => month.drain(BY_HAND_EVERY_MS));
      return resultOf({ hubspot: timesheets, ledger_window: invoices }, drained, await vendors.quotas());
    } finally {
      await hub.stop();
      await queue.close();
      await vendors.stop();
      await postgres.stop();
    }
  },
};

function connection(code: Code, url: string): object {
  return { base_url: `${url}/${code}`, credentials: { accessToken: "env:VENDOR_TOKEN" } };
}

function resultOf(
  bulk: Record<Code, number>,
  drained: Record<Code, Drained>,
  counted: readonly QuotaUse[],
): BenchResult {
  const result: BenchResult = { name: "month-end", ratios: {}, figures: {} };
  const [times, errors]: [number[], number[]] = [[], []];
  for (const code of CODES) {
    const { seconds, interactiveMs } = drained[code];
    const least = leastSeconds(code, bulk[code], interactiveMs.length);
    const { expectedSeconds } = forecast(code, bulk[code], ANSWER_MS, 1000 / BY_HAND_EVERY_MS);
    times.push(seconds / least);
    errors.push(Math.abs(expectedSeconds - seconds) / seconds);
    const use = counted.find(({ system }) => system === code);
    Object.assign(result.figures, {
      [`${code}_drain_s`]: seconds,
      [`${code}_quota_minimum_s`]: least,
      [`${code}_forecast_s`]: expectedSeconds,
      [`${code}_calls`]: use?.received ?? 0,
      [`${code}_refused`]: use?.refused ?? 0,
      [`${code}_most_in_window`]: use?.mostInWindow ?? 0,
      [`${code}_interactive`]: interactiveMs.length,
      [`${code}_interactive_p50_ms`]: quantile(interactiveMs, 0.5),
      [`${code}_interactive_p99_ms`]: quantile(interactiveMs, 0.99),
      [`${code}_interactive_max_ms`]: Math.max(...interactiveMs),
    });
  }
  result.ratios["vs_quota_minimum"] = Math.max(...times);
  result.ratios["prediction_error"] = Math.max(...errors);
  const all = CODES.flatMap((code) => drained[code].interactiveMs);
  result.figures["interactive_p99_ms"] = quantile(all, 0.99);
  result.figures["interactive_max_ms"] = Math.max(...all);
  return result;
}
