import { Reach } from "../../../sidecar/outbound/reach";

const deliveries = (from: number, count: number, priority: number) =>
  Array.from({ length: count }, (_, index) => ({ id: from + index, priority }));

describe("how much a sidecar holds (RES-12, INT-04)", () => {
  it("offers backfill half, and live work all that is free", () => {
    const reach = new Reach(100);
    expect(reach.room()).toEqual({ rows: 100, backfill: 50 });
    reach.hold(deliveries(1, 50, 90));
    expect(reach.room()).toEqual({ rows: 50, backfill: 0 });
  });

  it("offers room by the half, so that not every delivery that ends costs a claim", () => {
    const reach = new Reach(100);
    reach.hold(deliveries(1, 100, 50));
    for (let id = 1; id < 50; id += 1) expect(reach.release(id)).toBe(false);
    expect(reach.release(50)).toBe(true);
  });

  it("asks for more backfill when half of its half is free, while live work goes on", () => {
    const reach = new Reach(100);
    reach.hold(deliveries(1, 50, 90));
    for (let id = 1; id < 25; id += 1) expect(reach.release(id)).toBe(false);
    expect(reach.release(25)).toBe(true);
    expect(reach.room()).toEqual({ rows: 75, backfill: 25 });
  });

  it("lets backfill go where only one delivery can be held", () => {
    expect(new Reach(1).room()).toEqual({ rows: 1, backfill: 1 });
  });
});
