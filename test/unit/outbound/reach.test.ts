import { Reach } from "../../../sidecar/outbound/reach";

const deliveries = (count: number, priority: number) => Array.from({ length: count }, () => ({ priority }));
const LIVE = { priority: 50 };
const BACKFILL = { priority: 90 };

describe("how much a sidecar holds (RES-12, INT-04)", () => {
  it("offers backfill half, and live work all that is free", () => {
    const reach = new Reach(100);
    expect(reach.room()).toEqual({ rows: 100, backfill: 50 });
    reach.hold(deliveries(50, 90));
    expect(reach.room()).toEqual({ rows: 50, backfill: 0 });
  });

  it("offers room by the half, so that not every delivery that ends costs a claim", () => {
    const reach = new Reach(100);
    reach.hold(deliveries(100, 50));
    for (let n = 1; n < 50; n += 1) expect(reach.release(LIVE)).toBe(false);
    expect(reach.release(LIVE)).toBe(true);
  });

  it("asks for more backfill when half of its half is free, while live work goes on", () => {
    const reach = new Reach(100);
    reach.hold(deliveries(50, 90));
    for (let n = 1; n < 25; n += 1) expect(reach.release(BACKFILL)).toBe(false);
    expect(reach.release(BACKFILL)).toBe(true);
    expect(reach.room()).toEqual({ rows: 75, backfill: 25 });
  });

  it("lets backfill go where only one delivery can be held", () => {
    expect(new Reach(1).room()).toEqual({ rows: 1, backfill: 1 });
  });

  it("doubles while full batches come back at once, up to the most (PERF-01)", () => {
    const reach = new Reach(128, 1_000);
    for (const rows of [128, 256, 512, 1_000, 1_000]) {
      expect(reach.room().rows).toBe(rows);
      reach.ended(rows / 2, 50);
    }
  });

  it("does not grow on the trickle of a quiet day, so that a burst is shared with another sidecar", () => {
    const reach = new Reach(20, 1_000);
    for (let batch = 0; batch < 100; batch += 1) reach.ended(1, 10);
    expect(reach.room().rows).toBe(20);
  });

  it("stays where batches take their time and halves where they take long, never below two rounds of requests", () => {
    const reach = new Reach(128, 1_000);
    reach.ended(128, 50);
    reach.ended(128, 400);
    expect(reach.room().rows).toBe(256);
    reach.ended(1, 30_000);
    reach.ended(1, 30_000);
    expect(reach.room().rows).toBe(128);
  });

  it("never exceeds the most that is configured, not even at the start", () => {
    const reach = new Reach(128, 100);
    reach.ended(100, 10_000);
    expect(reach.room().rows).toBe(100);
  });
});
