import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import Ajv2020 from "ajv/dist/2020";
import jsone from "json-e";
import jsonata from "jsonata";
import type { Json, JsonObject } from "../../sidecar/domain/json";
import { compileMapping, loadMappings, run } from "../../sidecar/mapping/registry";
import { byHand, byHandOmitting, DEFINITION, invoices, JSON_E, JSONATA, SCHEMA } from "./mapping/invoice";
import { median } from "./median";
import type { Bench, BenchOptions, BenchResult } from "./report";

const ROUNDS = 21;
/** One round measures each contestant for so long, in turn. */
const SLICE_MS = 40;

/** What one mapped record costs, beside the same thing written by hand and in two expression languages. */
export const mapping: Bench = {
  name: "mapping",
  title:
    "microseconds for a mapping of 12 fields with a lookup, a condition and an array of five, by hand, here, jsonata and json-e",
  async run(options: BenchOptions): Promise<BenchResult> {
    warmWithTheShippedPack();
    const inputs = invoices(256);
    const compiled = compileMapping(DEFINITION, { file: "systems/bench/mappings/invoice.json" });
    const link = { link: (): undefined => undefined };
    const expression = jsonata(JSONATA);
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false }).compile(SCHEMA);
    const contestants: Record<string, (input: JsonObject) => unknown> = {
      by_hand_complete: byHand,
      by_hand_same_rules: byHandOmitting,
      compiled: (input) => run(compiled, input, link).document,
      json_e: (input) => jsone(JSON_E, input) as Json,
      ajv: (input) => validate(input),
    };
    const expected = byHand(inputs[0] as JsonObject);
    for (const name of ["by_hand_same_rules", "compiled", "json_e"])
      same(name, contestants[name]?.(inputs[0] as JsonObject), expected);
    same("jsonata", JSON.parse(JSON.stringify(await expression.evaluate(inputs[0]))), expected);

    const times = new Map<string, number[]>();
    const note = (name: string, value: number): void => void times.set(name, [...(times.get(name) ?? []), value]);
    for (let round = 0; round < (options.events ?? ROUNDS); round += 1) {
      for (const [name, act] of Object.entries(contestants)) note(name, microseconds(act, inputs));
      note(
        "jsonata",
        await microsecondsAwaited(async (input) => expression.evaluate(input) as Promise<unknown>, inputs),
      );
    }
    const figures = Object.fromEntries([...times].map(([name, values]) => [`${name}_us`, median(values)]));
    const ratio = (of: string, to: string): number =>
      median((times.get(of) ?? []).map((value, round) => value / (times.get(to)?.[round] ?? Number.NaN)));
    return {
      name: "mapping",
      ratios: {
        // By hand for records that are known to be complete: absent and empty values are not looked for.
        compiled_vs_by_hand_complete: ratio("compiled", "by_hand_complete"),
        // By hand with the language's rules: what is absent is left out, what is "" becomes null.
        compiled_vs_by_hand_same_rules: ratio("compiled", "by_hand_same_rules"),
        jsonata_vs_compiled: ratio("jsonata", "compiled"),
        json_e_vs_compiled: ratio("json_e", "compiled"),
      },
      figures,
    };
  },
};

/** A sidecar runs many mappings: the engine's code has then seen many shapes, which makes it slower than one mapping alone would show. */
function warmWithTheShippedPack(): void {
  const pack = path.resolve(__dirname, "../../mappings");
  const registry = loadMappings(pack);
  const examples = registry.catalogue().systems.flatMap(({ code }) => {
    const folder = path.join(pack, "systems", code, "examples");
    const read = (file: string): Example => JSON.parse(readFileSync(path.join(folder, file), "utf8")) as Example;
    return readdirSync(folder).map((file) => ({ code, ...read(file) }));
  });
  for (let turn = 0; turn < 300; turn += 1) {
    for (const { code, object, canonical } of examples) registry.toSystem(code, object, canonical, { link: () => "1" });
  }
}

interface Example {
  object: string;
  canonical: JsonObject;
}

function same(name: string, got: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(got, expected)) throw new Error(`${name} makes something else: ${JSON.stringify(got)}`);
}

let sink: unknown;

/** Processor time, not the clock: what else runs on the machine must not count for whoever happens to be measured. */
function microseconds(act: (input: JsonObject) => unknown, inputs: readonly JsonObject[]): number {
  const before = process.cpuUsage();
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < SLICE_MS; count += inputs.length) for (const input of inputs) sink = act(input);
  return spent(before) / count;
}

async function microsecondsAwaited(
  act: (input: JsonObject) => Promise<unknown>,
  inputs: readonly JsonObject[],
): Promise<number> {
  const before = process.cpuUsage();
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < SLICE_MS; count += 1)
    sink = await act(inputs[count % inputs.length] as JsonObject);
  void sink;
  return spent(before) / count;
}

function spent(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
