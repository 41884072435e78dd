import { writeFile } from "node:fs/promises";

/** What a benchmark answers. Ratios are what counts; figures are for reading, since machines differ. */
export interface BenchResult {
  name: string;
  ratios: Record<string, number>;
  figures: Record<string, number>;
}

/** What the command line may change; a benchmark takes what concerns it. */
export interface BenchOptions {
  /** How many events, instead of the benchmark's own number: fewer while working on something. */
  events?: number;
  /** Only these of the things that are compared. */
  only?: string[];
}

export interface Bench {
  name: string;
  /** One line: what is compared with what. */
  title: string;
  run(options: BenchOptions): Promise<BenchResult>;
}

/** Prints a table and, when asked, writes the result as JSON. */
export async function report(result: BenchResult, jsonFile: string | undefined): Promise<void> {
  console.log(`\n${result.name}`);
  for (const [kind, values] of Object.entries({ ratio: result.ratios, figure: result.figures })) {
    for (const [name, value] of Object.entries(values))
      console.log(`  ${kind.padEnd(7)} ${name.padEnd(32)} ${value.toFixed(3)}`);
  }
  if (jsonFile !== undefined) await writeFile(jsonFile, `${JSON.stringify(result, null, 2)}\n`);
}
