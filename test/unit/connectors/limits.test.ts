import { BucketWindow } from "../../../sidecar/connectors/bucket-window";
import { systemClock } from "../../../sidecar/connectors/connector";
import { LinedUpLimiter, placeTermMs, type Places } from "../../../sidecar/connectors/limits";
import { OwnPlaces } from "../../../sidecar/connectors/places";
import { RateFeedback } from "../../../sidecar/connectors/rate-feedback";
import { LONGEST_WAIT_MS, parseRetryAfter } from "../../../sidecar/connectors/retry-after";
import fc from "fast-check";

const running = new AbortController().signal;
const LIVE = 50;
const BACKFILL = 90;

describe("the rate limiter (RES-12)", () => {
  const limiter = (requests: number, perMs: number, maxWaitMs: number) => {
    const clock = { at: 1_000_000, now: () => new Date(clock.at) };
    const buckets = { default: { requests, perMs } };
    return { clock, limits: new LinedUpLimiter(buckets, new OwnPlaces(buckets, clock), maxWaitMs) };
  };

  it("lets no more go in any span than the vendor allows, wherever the requests are on their way", async () => {
    const { clock, limits } = limiter(3, 1_000, 0);
    const spanMs = 1_000 + placeTermMs({ requests: 3, perMs: 1_000 });
    for (let at = 0; at < 3; at += 1) await limits.take("default", running, LIVE);
    clock.at += spanMs - 1;
    await expect(limits.take("default", running, LIVE)).rejects.toMatchObject({
      failure: { code: "rate_limit_wait", kind: "technical", retryAfterMs: 1 },
    });
    clock.at += 1;
    await expect(limits.take("default", running, LIVE)).resolves.toBeDefined();
  });

  it("gives waiting requests places one after another", async () => {
    const buckets = { default: { requests: 1, perMs: 20 } };
    const limits = new LinedUpLimiter(buckets, new OwnPlaces(buckets, systemClock), 5_000);
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3].map((n) => Promise.resolve(limits.take("default", running, LIVE)).then(() => order.push(n))),
    );
    expect(order).toEqual([1, 2, 3]);
  });

  it("rests while a vendor says stop", async () => {
    const { clock, limits } = limiter(10, 1_000, 0);
    limits.pause("default", 5_000);
    await expect(limits.take("default", running, LIVE)).rejects.toMatchObject({ failure: { retryAfterMs: 5_000 } });
    expect(limits.use()).toEqual([
      { bucket: "default", requests: 10, perMs: 1_000, used: 0, waitsUntil: new Date(clock.at + 5_000) },
    ]);
    clock.at += 5_000;
    await expect(limits.take("default", running, LIVE)).resolves.toBeDefined();
  });

  it("does not hold up what stands in no bucket", async () => {
    expect(await limiter(1, 1_000, 0).limits.take("other", running, LIVE)).toBeDefined();
  });

  it("gives up the wait of a request that is called off", async () => {
    const { limits } = limiter(1, 60_000, 120_000);
    await limits.take("default", running, LIVE);
    const stop = new AbortController();
    const waiting = limits.take("default", stop.signal, LIVE);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "rate_limit_wait" });
  });
});

describe("who waits for a place (RES-12)", () => {
  /** Places that are given when the test says so; notes what was asked. */
  class GivenByHand implements Places {
    readonly asked: [count: number, priority: number][] = [];
    private answers: ((granted: number) => void)[] = [];

    async ask(_bucket: string, count: number, priority: number): Promise<{ granted: number; waitMs: number }> {
      this.asked.push([count, priority]);
      return new Promise((resolve) => this.answers.push((granted) => resolve({ granted, waitMs: 50 })));
    }

    async give(granted: number): Promise<void> {
      this.answers.shift()?.(granted);
      await new Promise((resolve) => setImmediate(resolve));
    }

    pause(): void {}
    use = () => ({ used: 0, waitsUntil: null });
  }

  it("goes in the order of its priority, and asks together with its equals", async () => {
    const places = new GivenByHand();
    // A window this long gives a place a term in which no test is too late.
    const limits = new LinedUpLimiter({ default: { requests: 100, perMs: 100_000 } }, places, 60_000);
    const gone: string[] = [];
    const take = (name: string, priority: number) =>
      void Promise.resolve(limits.take("default", running, priority)).then(() => gone.push(name));
    take("first", LIVE);
    for (const name of ["backfill", "more backfill"]) take(name, BACKFILL);
    take("live", LIVE);
    take("urgent", 10);
    await places.give(1);
    expect(gone).toEqual(["urgent"]);
    await places.give(2);
    expect(gone).toEqual(["urgent", "first", "live"]);
    await places.give(2);
    expect(gone).toEqual(["urgent", "first", "live", "backfill", "more backfill"]);
    expect(places.asked).toEqual([
      [1, LIVE],
      [2, LIVE],
      [2, BACKFILL],
    ]);
  });

  it("asks at once for somebody more urgent than those who were told to wait", async () => {
    const places = new GivenByHand();
    const limits = new LinedUpLimiter({ default: { requests: 100, perMs: 100_000 } }, places, 60_000);
    void limits.take("default", running, BACKFILL);
    await places.give(0);
    const live = limits.take("default", running, LIVE);
    await new Promise((resolve) => setImmediate(resolve));
    expect(places.asked).toEqual([
      [1, BACKFILL],
      [1, LIVE],
    ]);
    await places.give(1);
    await expect(live).resolves.toBeDefined();
    await places.give(1);
  });

  it("does not use a place that came too late, and takes another", async () => {
    const places = new GivenByHand();
    const limits = new LinedUpLimiter({ default: { requests: 5, perMs: 100 } }, places, 60_000);
    let gone = false;
    const taken = Promise.resolve(limits.take("default", running, LIVE)).then(() => (gone = true));
    const late = performance.now() + placeTermMs({ requests: 5, perMs: 100 });
    while (performance.now() < late);
    await places.give(1);
    expect(gone).toBe(false);
    while (!gone) await places.give(1);
    expect(places.asked.length).toBeGreaterThan(1);
    await taken;
  });
});

describe("one bucket's window", () => {
  const ask = fc.record({
    after: fc.integer({ min: 0, max: 400 }),
    count: fc.integer({ min: 1, max: 12 }),
    priority: fc.constantFrom(10, LIVE, BACKFILL),
    term: fc.integer({ min: 0, max: 100 }),
  });

  it("never gives more than the limit within any span, in whatever order and number it is asked", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(ask, { maxLength: 80 }), (requests, asks) => {
        const window = new BucketWindow({ requests, perMs: 1_000 });
        const given: number[] = [];
        let now = 0;
        for (const { after, count, priority, term } of asks) {
          now += after;
          const { granted, waitMs } = window.take(now, count, priority, term);
          // Used at the latest moment that the term allows.
          for (let n = 0; n < granted; n += 1) given.push(now + term);
          expect(granted === count || waitMs > 0).toBe(true);
        }
        given.sort((a, b) => a - b);
        for (const [place, at] of given.entries()) {
          expect(given.filter((other, index) => index >= place && other < at + 1_000).length).toBeLessThanOrEqual(
            requests,
          );
        }
      }),
    );
  });

  it("is worth asking again when it said so, and not before (no polling)", () => {
    fc.assert(
      fc.property(fc.array(ask, { minLength: 1, maxLength: 40 }), (asks) => {
        const window = new BucketWindow({ requests: 7, perMs: 1_000 });
        let now = 0;
        for (const { count, priority } of asks) {
          const { granted, waitMs } = window.take(now, count, priority, 0);
          if (granted === count) continue;
          now += waitMs;
          expect(window.take(now, 1, priority, 0).granted).toBe(1);
        }
      }),
    );
  });

  it("spreads backfill, so that live work finds a place within a hundredth of the window", () => {
    const window = new BucketWindow({ requests: 100, perMs: 10_000 });
    let backfill = 0;
    for (let now = 0; now < 30_000; now += 10) {
      backfill += window.take(now, 100, BACKFILL, 0).granted;
      // The rule: one place in a hundredth of the window, and three that are never backfill's.
      if (now % 1_000 === 500) expect(window.take(now, 1, LIVE, 0).granted).toBe(1);
    }
    // Live work had 30; nearly all the rest went to backfill.
    expect(backfill).toBeGreaterThan(250);
  });
});

describe("Retry-After", () => {
  const now = new Date("2026-11-22T08:00:00Z");
  it.each([
    ["7", 7_000],
    ["0.5", 500],
    ["Sun, 22 Nov 2026 08:00:30 GMT", 30_000],
    ["Sun, 22 Nov 2026 07:00:00 GMT", 0],
    ["soon", null],
    ["99999999999999999999999", LONGEST_WAIT_MS],
    ["Sun, 22 Nov 2099 08:00:00 GMT", LONGEST_WAIT_MS],
  ])("reads %s", (text, expected) => {
    expect(parseRetryAfter(text, now)).toBe(expected);
  });
});

describe("rate headers", () => {
  it("stop a bucket for a day at most, also where a moment is declared as a span", () => {
    const pauses: number[] = [];
    const limits = { take: () => running, pause: (_: string, ms: number) => pauses.push(ms), use: () => [] };
    const feedback = new RateFeedback(
      limits as never,
      [{ remaining: "X-Remaining", reset: "X-Reset", resetUnit: "seconds" }],
      systemClock,
    );
    feedback.heard({ "x-remaining": "0", "x-reset": String(Math.floor(Date.now() / 1000) + 30) });
    feedback.heard({ "x-remaining": "0", "x-reset": "30" });
    expect(pauses).toEqual([LONGEST_WAIT_MS, 30_000]);
  });
});
