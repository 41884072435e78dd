import { pino } from "pino";
import { HubError } from "../../../sidecar/domain/errors";
import { Leases } from "../../../sidecar/outbound/leases";

describe("leases", () => {
  let now: number;
  let renewed: (ids: number[]) => number[];
  let released: number[];
  let lost: number[];
  let leases: Leases;

  beforeEach(() => {
    now = 0;
    lost = [];
    released = [];
    renewed = (ids) => ids;
    const queue = { renew: (_worker: string, ids: number[]) => Promise.resolve().then(() => renewed(ids)) };
    leases = new Leases(
      queue,
      "w1",
      60,
      pino({ level: "silent" }),
      { onLost: (id) => lost.push(id), onReleased: (id) => released.push(id) },
      () => now,
    );
    leases.hold([1, 2], 0);
  });

  it("are held from the moment before the claim was sent, for their term", () => {
    now = 59_999;
    expect(leases.holds(1)).toBe(true);
    now = 60_000;
    expect(leases.holds(1)).toBe(false);
  });

  it("are prolonged by a renewal, from the moment it was asked", async () => {
    now = 30_000;
    await leases.renew();
    now = 89_999;
    expect(leases.holds(1)).toBe(true);
  });

  it("are lost at once when the queue does not name them any more, and somebody is told", async () => {
    renewed = () => [2];
    await leases.renew();
    expect(leases.holds(1)).toBe(false);
    expect(leases.holds(2)).toBe(true);
    expect(lost).toEqual([1]);
  });

  it("run out by themselves while the queue cannot be asked", async () => {
    renewed = () => {
      throw new HubError({ kind: "technical", code: "x", message: "x", hint: "x" });
    };
    now = 40_000;
    await leases.renew();
    expect(leases.holds(1)).toBe(true);
    now = 60_000;
    expect(leases.holds(1)).toBe(false);
  });

  it("that were settled while the renewal was asked are not lost", async () => {
    renewed = () => {
      leases.release(1);
      return [2];
    };
    await leases.renew();
    expect(lost).toEqual([]);
    expect(leases.size).toBe(1);
  });

  it("tell once when one is let go, so that there is room for the next", () => {
    leases.release(1);
    leases.release(1);
    expect(released).toEqual([1]);
  });
});
