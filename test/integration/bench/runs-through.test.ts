import { monthEnd } from "../../bench/month-end";
import { releases } from "../../bench/releases";
import { soak } from "../../bench/soak";
import { OPEN_MS } from "../sidecar/running-hub";

/** Benchmarks that nobody runs rot. These go the whole way with a handful of events; what they measure then means nothing. */
describe("the benchmarks run through", () => {
  it(
    "month end: everything reaches both vendors, and none of them has to refuse",
    async () => {
      const { figures } = await monthEnd.run({ events: 50 });
      expect(figures).toMatchObject({ hubspot_refused: 0, ledger_window_refused: 0 });
      // 50 time sheets in one batch, and one that ties them to their companies; what was changed by hand comes on top
      expect(figures["hubspot_calls"]).toBe(2 + (figures["hubspot_interactive"] ?? Number.NaN));
      expect(figures["ledger_window_calls"]).toBe(2 + (figures["ledger_window_interactive"] ?? Number.NaN));
    },
    OPEN_MS,
  );

  it(
    "releases: both sidecars hear of each, and every preview is answered",
    async () => {
      const { figures } = await releases.run({ events: 2 });
      expect(Object.values(figures).every(Number.isFinite)).toBe(true);
    },
    OPEN_MS,
  );

  it(
    "soak: every event arrives, and what is held while the target stalls has a bound",
    async () => {
      const { figures, ratios } = await soak.run({ events: 400 });
      expect(figures["stalled_waiting"]).toBeGreaterThan(figures["stalled_held"] ?? Number.NaN);
      expect(ratios["rss_stalled"]).toBeGreaterThan(0);
    },
    OPEN_MS,
  );
});
