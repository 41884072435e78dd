/**
 * `npm run bench -- NAME [--json FILE]`: measures one thing against its peer, side by side in one run.
 * Never part of the tests: two shared cores give no absolute times worth failing on.
 */
import { Command } from "commander";
import { capture } from "./capture";
import { report, type Bench } from "./report";
import { scale } from "./scale";

const BENCHES: Bench[] = [capture, scale];

const program = new Command("npm run bench --")
  .argument("<name>", `what to measure: ${BENCHES.map((bench) => `${bench.name} (${bench.title})`).join("; ")}`)
  .option("--json <file>", 'also write {"name", "ratios", "figures"} to this file')
  .action(async (name: string, options: { json?: string }) => {
    const bench = BENCHES.find((candidate) => candidate.name === name);
    if (bench === undefined)
      program.error(`There is no benchmark called ${name}: ${BENCHES.map((b) => b.name).join(", ")}.`);
    else await report(await bench.run(), options.json);
  });

program.parseAsync().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
