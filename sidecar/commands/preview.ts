import { readFileSync } from "node:fs";
import type { Config } from "../config/config";
import { HubError, toFailure } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import { loadMappings, preview, type MappingRegistry } from "../mapping/registry";
import { openRecords } from "../odoo/open";
import { EXIT } from "./exit-codes";

export interface PreviewOptions {
  system: string;
  model?: string;
  id?: number;
  /** Canonical object; needed where a model has several. */
  object?: string;
  /** File with an event's payload, instead of reading the record. */
  payload?: string;
}

/** Prints what a record would become, canonical and for the system, and sends nothing. */
export async function previewCommand(config: Config, options: PreviewOptions): Promise<number> {
  const mappings = loadMappings(config.mappings.dirs);
  const system = config.systems.find(({ code }) => code === options.system);
  const connector = system?.connector ?? options.system;
  const object = options.object ?? objectOf(mappings, connector, options.model);
  const payload = options.payload ? readPayload(options.payload) : await readRecord(config, mappings, object, options);
  const found = preview(mappings, connector, object, payload);
  process.stdout.write(`${JSON.stringify({ object, ...found }, null, 2)}\n`);
  return found.findings.length > 0 ? EXIT.failed : EXIT.done;
}

function objectOf(mappings: MappingRegistry, connector: string, model: string | undefined): string {
  const objects = mappings
    .catalogue()
    .objects.filter((entry) => entry.model === model && mappings.takes(connector, entry.object))
    .map((entry) => entry.object);
  const [only] = objects;
  if (only !== undefined && objects.length === 1) return only;
  if (objects.length > 1)
    throw usage(`${model} can be ${objects.join(" or ")} in ${connector}.`, "Choose with --object.");
  throw usage(
    model === undefined ? "Neither a model nor an object was named." : `No mapping takes ${model} to ${connector}.`,
    "Name --model and --id, or --object with --payload.",
  );
}

function readPayload(file: string): JsonObject {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as JsonObject;
  } catch (cause) {
    throw usage(
      `The payload in ${file} cannot be read: ${(cause as Error).message}`,
      "Give a JSON file as docs/architecture.md shows it.",
    );
  }
}

async function readRecord(
  config: Config,
  mappings: MappingRegistry,
  object: string,
  { model, id }: PreviewOptions,
): Promise<JsonObject> {
  if (model === undefined || id === undefined)
    throw usage("No record was named.", "Name --model and --id, or --payload.");
  const records = openRecords(config.odoo);
  if (!records) throw usage("Reading a record needs Odoo's API key.", "Set odoo.api_key, or give --payload.");
  try {
    const paths = mappings.catalogue().objects.find((entry) => entry.object === object)?.paths ?? [];
    return await records.call<JsonObject>("integration.queue", "snapshot", { model, res_id: id, paths });
  } catch (thrown) {
    if (toFailure(thrown).code !== "odoo_not_found") throw thrown;
    throw usage(
      "This version of the addon cannot read a record for a preview.",
      "Copy the payload of one of the record's events in Odoo into a file, and give --payload.",
    );
  } finally {
    await records.close();
  }
}

function usage(message: string, hint: string): HubError {
  return new HubError({ kind: "data", code: "usage", message, hint });
}
