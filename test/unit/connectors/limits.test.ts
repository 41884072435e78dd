import { InProcessRateLimiter } from "../../../sidecar/connectors/limits";
import { parseRetryAfter } from "../../../sidecar/connectors/retry-after";

const running = new AbortController().signal;

describe("the rate limiter (RES-12)", () => {
  const limiter = (requests: number, perMs: number, maxWaitMs: number) => {
    const clock = { at: 1_000_000, now: () => new Date(clock.at) };
    return { clock, limits: new InProcessRateLimiter({ default: { requests, perMs } }, maxWaitMs, clock) };
  };

  it("lets no more go in any span than the vendor allows", async () => {
    const { clock, limits } = limiter(3, 1_000, 0);
    for (let at = 0; at < 3; at += 1) await limits.take("default", running);
    clock.at += 999;
    await expect(limits.take("default", running)).rejects.toMatchObject({
      failure: { code: "rate_limit_wait", kind: "technical", retryAfterMs: 1 },
    });
    clock.at += 1;
    await expect(limits.take("default", running)).resolves.toBeUndefined();
  });

  it("gives waiting requests places one after another", async () => {
    const { limits } = limiter(1, 20, 1_000);
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((n) => limits.take("default", running).then(() => order.push(n))));
    expect(order).toEqual([1, 2, 3]);
  });

  it("rests while a vendor says stop", async () => {
    const { clock, limits } = limiter(10, 1_000, 0);
    limits.pause("default", 5_000);
    await expect(limits.take("default", running)).rejects.toMatchObject({ failure: { retryAfterMs: 5_000 } });
    clock.at += 5_000;
    await expect(limits.take("default", running)).resolves.toBeUndefined();
  });

  it("does not hold up what stands in no bucket", async () => {
    await expect(limiter(1, 1_000, 0).limits.take("other", running)).resolves.toBeUndefined();
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
  ])("reads %s", (text, expected) => {
    expect(parseRetryAfter(text, now)).toBe(expected);
  });
});
