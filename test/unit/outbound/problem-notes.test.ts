import pino from "pino";
import type { DeliveryState } from "../../../sidecar/domain/delivery";
import { ProblemNotes } from "../../../sidecar/outbound/problem-notes";

const settled = (state: DeliveryState, accepted = true) => [{ id: 1, state, accepted }];

describe("telling Odoo what needs a person (OBS-03)", () => {
  let answers: { open: number; busy: boolean }[];
  let calls: number[];
  let notes: ProblemNotes;

  beforeEach(() => {
    jest.useFakeTimers();
    answers = [];
    calls = [];
    const call = async <T>(): Promise<T> => {
      calls.push(Date.now());
      return Promise.resolve((answers.shift() ?? { open: 0, busy: false }) as T);
    };
    notes = new ProblemNotes({ call }, pino({ level: "silent" }));
  });

  afterEach(async () => {
    await notes.close();
    jest.useRealTimers();
  });

  const pass = async (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

  it.each(["held", "dead"] as const)("asks once for many deliveries that became %s together", async (state) => {
    for (let n = 0; n < 100; n += 1) notes.settled(settled(state));
    await pass(1_000);
    expect(calls).toHaveLength(1);
  });

  it("asks at most every two seconds, however much fails", async () => {
    for (let n = 0; n < 100; n += 1) {
      notes.settled(settled("held"));
      await pass(100);
    }
    expect(calls.length).toBeGreaterThan(3);
    expect(calls.length).toBeLessThanOrEqual(6);
  });

  it("asks nothing while all goes well", async () => {
    notes.settled(settled("delivered"));
    notes.settled(settled("held", false));
    await pass(60_000);
    expect(calls).toEqual([]);
  });

  it("looks again while problems are open, when something ended that may have been the last of one", async () => {
    answers = [{ open: 1, busy: false }];
    notes.news();
    await pass(1_000);
    notes.settled(settled("delivered"));
    await pass(6_000);
    expect(calls).toHaveLength(2);
    // None is open any more.
    notes.settled(settled("delivered"));
    await pass(60_000);
    expect(calls).toHaveLength(2);
  });

  it("asks again when another was at it", async () => {
    answers = [{ open: 0, busy: true }];
    notes.news();
    await pass(10_000);
    expect(calls).toHaveLength(2);
  });

  it("leaves it to Odoo when the call fails", async () => {
    notes = new ProblemNotes({ call: async () => Promise.reject(new Error("away")) }, pino({ level: "silent" }));
    notes.news();
    await pass(10_000);
    await expect(notes.close()).resolves.toBeUndefined();
  });
});
