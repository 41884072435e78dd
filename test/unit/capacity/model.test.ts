import { minimumSeconds, predict, requestsNeeded, utilisation, type SystemLoad } from "../../../sidecar/capacity/model";

const calls = (batch = 1, bucket = "default") => [{ what: "upsert", bucket, calls: 1, batch }];
const system = (changes: Partial<SystemLoad>): SystemLoad => ({
  concurrency: 10,
  buckets: { default: { requests: 100, perMs: 10_000 } },
  answerMs: 100,
  loads: [{ records: 1_000, calls: calls(), withinSeconds: 0, backfill: false }],
  ...changes,
});

describe("the capacity model (PERF-07)", () => {
  it("counts windows: the first one is free, and each further one has to pass", () => {
    const quota = { requests: 100, perMs: 10_000 };
    expect([0, 1, 100, 101, 200, 201].map((count) => minimumSeconds(count, quota))).toEqual([0, 0, 0, 10, 10, 20]);
  });

  it("takes what the quota allows, and the last window as fast as answers come", () => {
    // a hundred each 10.1 s, a place's term being 0.1 s; the last hundred go at 10 each 100 ms
    const prediction = predict(system({}), 10_000);
    expect(prediction).toMatchObject({ calls: 1_000, minimumSeconds: 90, bound: { by: "bucket", bucket: "default" } });
    expect(prediction.expectedSeconds).toBeCloseTo(9 * 10.1 + 1 + 0.1);
  });

  it("is held up by the answers where a window is larger than the drain", () => {
    const daily = system({ buckets: { default: { requests: 5_000, perMs: 86_400_000 } } });
    expect(predict(daily, 10_000)).toMatchObject({
      minimumSeconds: 0,
      expectedSeconds: 10 + 0.1,
      bound: { by: "concurrency" },
    });
  });

  it("takes days when a daily quota is used up", () => {
    const daily = system({
      buckets: { default: { requests: 5_000, perMs: 86_400_000 } },
      loads: [{ records: 12_000, calls: calls(), withinSeconds: 0, backfill: false }],
    });
    expect(predict(daily, 10_000).minimumSeconds).toBe(2 * 86_400);
  });

  it("counts each bucket by itself and takes the one that lasts longest", () => {
    const both = [...calls(1, "search"), ...calls(1, "default")];
    const prediction = predict(
      system({
        buckets: { default: { requests: 100, perMs: 10_000 }, search: { requests: 4, perMs: 1_000 } },
        loads: [{ records: 1_000, calls: both, withinSeconds: 0, backfill: false }],
      }),
      10_000,
    );
    expect(prediction.buckets.map(({ bucket, minimumSeconds: least }) => [bucket, least])).toEqual([
      ["search", 249],
      ["default", 90],
    ]);
    expect(prediction.bound).toEqual({ by: "bucket", bucket: "search" });
    expect(prediction.minimumSeconds).toBe(249);
  });

  it("needs one call for a batch, also for the last one that is not full", () => {
    const batched = system({ loads: [{ records: 250, calls: calls(100), withinSeconds: 0, backfill: false }] });
    expect(predict(batched, 10_000).calls).toBe(3);
  });

  it("cannot end before the last record is there", () => {
    const slow = system({ loads: [{ records: 100, calls: calls(), withinSeconds: 600, backfill: false }] });
    expect(predict(slow, 10_000)).toMatchObject({ bound: { by: "arrival" }, expectedSeconds: 600.1 });
  });

  it("is held up by the sidecars where no vendor does", () => {
    const open = system({ buckets: {}, concurrency: 256, answerMs: 1 });
    expect(predict(open, 100)).toMatchObject({ bound: { by: "hub" }, minimumSeconds: 0, expectedSeconds: 10.001 });
  });

  it("leaves half of the requests at a time to live work when it is backfill", () => {
    const open = system({ buckets: {}, loads: [{ records: 1_000, calls: calls(), withinSeconds: 0, backfill: true }] });
    expect(predict(open, 10_000)).toMatchObject({ bound: { by: "concurrency" }, expectedSeconds: 20.1 });
  });

  it("spreads backfill over the window: no first hundred at once, and 97 of a hundred at most", () => {
    const loads = [{ records: 1_000, calls: calls(), withinSeconds: 0, backfill: true }];
    expect(predict(system({ loads }), 10_000).expectedSeconds).toBeCloseTo((1_000 * 10.1) / 97 + 0.1);
  });

  it("takes no time for nothing", () => {
    const nothing = system({ loads: [{ records: 0, calls: calls(), withinSeconds: 0, backfill: false }] });
    expect(predict(nothing, 100)).toMatchObject({ calls: 0, expectedSeconds: 0, minimumSeconds: 0 });
  });

  it("says how large a bucket would suffice: with it the same calls end in time", () => {
    const quota = { requests: 100, perMs: 10_000 };
    for (const goal of [5, 10, 35, 89]) {
      const needed = requestsNeeded(1_000, quota, goal);
      expect(minimumSeconds(1_000, { ...quota, requests: needed })).toBeLessThanOrEqual(goal);
      expect(minimumSeconds(1_000, { ...quota, requests: needed - 1 })).toBeGreaterThan(goal);
    }
  });

  it("says which share of a quota comes again and again", () => {
    expect(utilisation(36_000, 3_600, { requests: 100, perMs: 10_000 })).toBe(1);
  });
});
