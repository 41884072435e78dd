import { pino } from "pino";
import { HubError } from "../../../sidecar/domain/errors";
import { Schedules, type Job } from "../../../sidecar/schedules/schedule";

const log = pino({ level: "silent" });
const at = new Date("2026-11-22T07:00:15.004Z");

describe("scheduled jobs", () => {
  const job = (run: () => Promise<void>, where: Job["where"] = "once"): Job => ({
    name: "reap",
    cron: "* * * * * *",
    where,
    run,
  });

  it("run for whoever claims the tick, by the second that was meant", async () => {
    const claims: string[] = [];
    const ticks = {
      claim: (name: string, tick: Date) => Promise.resolve(claims.push(`${name} ${tick.toISOString()}`) === 1),
    };
    const run = jest.fn(() => Promise.resolve());
    const schedules = new Schedules(ticks, log);
    await schedules.tick(job(run), at);
    await schedules.tick(job(run), new Date(at.getTime() - 8));
    expect(claims).toEqual(["reap 2026-11-22T07:00:15.000Z", "reap 2026-11-22T07:00:15.000Z"]);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("run although the tick cannot be claimed: a database that is away must not stop the reaper", async () => {
    const ticks = {
      claim: () => Promise.reject(new HubError({ kind: "technical", code: "x", message: "x", hint: "x" })),
    };
    const run = jest.fn(() => Promise.resolve());
    await new Schedules(ticks, log).tick(job(run), at);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("do not overlap themselves, and a failure ends nothing else", async () => {
    let finish: () => void = () => undefined;
    const run = jest.fn(() => new Promise<void>((_resolve, reject) => (finish = () => reject(new Error("broken")))));
    const schedules = new Schedules({ claim: () => Promise.resolve(true) }, log);
    const first = schedules.tick(job(run, "each"), at);
    await schedules.tick(job(run, "each"), at);
    expect(run).toHaveBeenCalledTimes(1);
    finish();
    await first;
    const again = schedules.tick(job(run, "each"), at);
    expect(run).toHaveBeenCalledTimes(2);
    finish();
    await again;
  });
});
