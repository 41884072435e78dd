import { pino } from "pino";
import { HubError } from "../../../sidecar/domain/errors";
import { Leases, type LeasedDelivery } from "../../../sidecar/outbound/leases";

describe("leases", () => {
  const one = { id: 1, priority: 50 };
  const two = { id: 2, priority: 50 };
  let now: number;
  let renewed: (ids: number[]) => number[];
  let released: LeasedDelivery[];
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
      { onLost: (id) => lost.push(id), onReleased: (delivery) => released.push(delivery) },
      () => now,
    );
    leases.hold([one, two], 0);
  });

  it("are held from the moment before the claim was sent, for their term", () => {
    now = 59_999;
    expect(leases.holds(one)).toBe(true);
    now = 60_000;
    expect(leases.holds(one)).toBe(false);
  });

  it("are prolonged by a renewal, from the moment it was asked", async () => {
    now = 30_000;
    await leases.renew();
    now = 89_999;
    expect(leases.holds(one)).toBe(true);
  });

  it("are lost at once when the queue does not name them any more, and somebody is told", async () => {
    renewed = () => [2];
    await leases.renew();
    expect(leases.holds(one)).toBe(false);
    expect(leases.holds(two)).toBe(true);
    expect(lost).toEqual([1]);
  });

  it("run out by themselves while the queue cannot be asked", async () => {
    renewed = () => {
      throw new HubError({ kind: "technical", code: "x", message: "x", hint: "x" });
    };
    now = 40_000;
    await leases.renew();
    expect(leases.holds(one)).toBe(true);
    now = 60_000;
    expect(leases.holds(one)).toBe(false);
  });

  it("that were settled while the renewal was asked are not lost", async () => {
    renewed = () => {
      leases.release(one);
      return [2];
    };
    await leases.renew();
    expect(lost).toEqual([]);
    expect(leases.size).toBe(1);
  });

  it("tell once when one is let go, so that there is room for the next", () => {
    leases.release(one);
    leases.release(one);
    expect(released).toEqual([one]);
  });

  it("belong to one claim: letting an earlier one go late does not let go what was claimed again (RES-05)", async () => {
    const again = { ...one };
    // The settlement of the first claim is stored, and the next claim is answered before its acknowledgement is read.
    leases.hold([again], 1_000);
    expect(leases.holds(one)).toBe(false);
    leases.release(one);
    expect(leases.holds(again)).toBe(true);
    expect(released).toEqual([one]);
    expect(leases.size).toBe(2);
    await leases.renew();
    leases.release(again);
    expect(released).toEqual([one, again]);
  });
});
