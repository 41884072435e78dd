/**
 * `npm run bench -- NAME [--json FILE]`: measures one thing against its peer, side by side in one run.
 * Never part of the tests: two shared cores give no absolute times worth failing on.
 */
import { Command } from "commander";
import { capture } from "./capture";
import { door } from "./door";
import { latency } from "./latency";
import { mapping } from "./mapping";
import { monthEnd } from "./month-end";
import { releases } from "./releases";
import { report, type Bench, type BenchOptions } from "./report";
import { scale } from "./scale";
import { soak } from "./soak";
import { throughput } from "./throughput";

const BENCHES: Bench[] = [capture, door, latency, mapping, releases, scale, throughput, monthEnd, soak];

const program = new Command("npm run bench --")
  .argument("<name>", `what to measure: ${BENCHES.map((bench) => `${bench.name} (${bench.title})`).join("; ")}`)
  .option("--json <file>", 'also write {"name", "ratios", "figures"} to this file')
  .option("--events <n>", "how many events, instead of the benchmark's own number", Number)
  .option("--only <names>", "only these of what is compared, separated by commas", (names: string) => names.split(","))
  .action(async (name: string, options: BenchOptions & { json?: string }) => {
    const bench = BENCHES.find((candidate) => candidate.name === name);
    if (bench === undefined)
      program.error(`There is no benchmark called ${name}: ${BENCHES.map((b) => b.name).join(", ")}.`);
    else await report(await bench.run(options), options.json);
  });

program.parseAsync().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
