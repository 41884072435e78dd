/**
 * `npm run chaos -- --kills 200 --events 5000`: kills sidecars at named points while they carry changes to vendors that can be asked
 * about a lost answer in four different ways, and compares what is left with what has to be. The last line is the verdict.
 */
import { Command, InvalidArgumentError } from "commander";
import { passed, report } from "./crash/report";
import { runCrashes } from "./crash/run";

process.env["TZ"] = "UTC";

interface Options {
  kills: number;
  events: number;
  seed?: number;
  sidecars: number;
  lease: number;
}

const program = new Command("npm run chaos --")
  .option("--kills <number>", "how many times a sidecar is killed", whole(1), 200)
  .option("--events <number>", "how many changes are made in Odoo", whole(1), 5000)
  .option("--seed <number>", "the run to repeat; without it a new one", whole(0))
  .option("--sidecars <number>", "how many run at the same time", whole(1), 2)
  .option("--lease <seconds>", "term of a claim", whole(3), 3)
  .action(async (options: Options) => {
    const interrupted = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
    const result = await runCrashes(
      {
        seed: options.seed ?? Date.now() % 1_000_000,
        events: options.events,
        kills: options.kills,
        sidecars: options.sidecars,
        leaseSeconds: options.lease,
        restMs: 180_000,
      },
      (line) => console.log(line),
      interrupted.signal,
    );
    for (const line of report(result)) console.log(line);
    process.exitCode = passed(result) ? 0 : 1;
  });

program.parseAsync().catch((error: unknown) => {
  console.error(error);
  console.log("FAIL the run could not be finished");
  process.exitCode = 1;
});

function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least) throw new InvalidArgumentError(`Give a whole number from ${least}.`);
    return value;
  };
}
