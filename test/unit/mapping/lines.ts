import type { Failure } from "../../../sidecar/domain/errors";
import { isHubError } from "../../../sidecar/domain/errors";
import type { JsonObject } from "../../../sidecar/domain/json";
import type { MappingLine } from "../../../sidecar/mapping/definition";
import type { CompiledMapping, RunResult } from "../../../sidecar/mapping/registry";
import { compileMapping, run } from "../../../sidecar/mapping/registry";
import { loadTables } from "../../../sidecar/mapping/tables";

/** Compiles lines of a system mapping from the canonical object `customer`. */
export function compiled(lines: MappingLine[], more: JsonObject = {}): CompiledMapping {
  const definition = {
    title: "Test",
    version: 1,
    source: { object: "customer", version: 1 },
    target: { type: "company" },
    lines,
    ...more,
  };
  const content = { title: "Country names", entries: [{ from: "BE", to: "Belgium" }] };
  const tables = loadTables([{ file: "systems/crm/tables/countries.json", name: "countries", content }], []);
  return compileMapping(definition, { file: "systems/crm/mappings/customer.json", tables });
}

/** Runs lines over a document, with links by `type lane`. */
export function runLines(
  lines: MappingLine[],
  input: JsonObject,
  links: Record<string, string> = {},
  ends: JsonObject = {},
): RunResult {
  return run(compiled(lines, ends), input, { link: (lane, type) => links[`${type} ${lane}`], system: "crm" });
}

/** The failure that something ends with; anything else that is thrown is thrown on. */
export function failureOf(act: () => unknown): Failure {
  try {
    act();
  } catch (thrown) {
    if (isHubError(thrown)) return thrown.failure;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}
