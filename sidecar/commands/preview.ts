import { readFileSync } from "node:fs";
import type { Config } from "../config/config";
import { HubError } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import { loadMappings, preview, type MappingRegistry, type Preview } from "../mapping/registry";
import { openQueue, openRecords, verifyIdentity } from "../odoo/open";
import type { RecordClient } from "../odoo/record-client";
import { findLinks } from "../outbound/links";
import { createLog } from "../telemetry/log";
import { EXIT } from "./exit-codes";

export interface PreviewOptions {
  system: string;
  model?: string;
  id?: number;
  /** Canonical object; without it the one as which an active rule sends the record. */
  object?: string;
  /** File with an event's payload, instead of reading the record. */
  payload?: string;
}

interface Shown extends Preview {
  object: string;
}

/** Prints what a record would become, canonical and for the system, and sends nothing. */
export async function previewCommand(config: Config, options: PreviewOptions): Promise<number> {
  const mappings = loadMappings(config.mappings.dirs);
  const shown = options.payload
    ? previewPayload(config, mappings, options, readPayload(options.payload))
    : await previewRecord(config, mappings, options);
  process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  return shown.findings.length > 0 ? EXIT.failed : EXIT.done;
}

/** A payload from a file needs nothing but the mappings, so its links are stand-ins. */
function previewPayload(
  config: Config,
  mappings: MappingRegistry,
  options: PreviewOptions,
  payload: JsonObject,
): Shown {
  const connector = connectorOf(config, options.system);
  const [object, another] = options.object ? [options.object] : objectsOf(mappings, connector, options);
  if (object === undefined || another !== undefined)
    throw usage("The file does not say what it is.", "Name the business object with --object.");
  return { object, ...preview(mappings, connector, object, payload) };
}

/** A record of Odoo, with the links that the system has now. */
async function previewRecord(config: Config, mappings: MappingRegistry, options: PreviewOptions): Promise<Shown> {
  const { system, model, id } = options;
  if (model === undefined || id === undefined)
    throw usage("No record was named.", "Name --model and --id, or --object with --payload.");
  const connector = connectorOf(config, system);
  const records = openRecords(config.odoo);
  if (!records) throw usage("Reading a record needs Odoo's API key.", "Set odoo.api_key, or give --payload.");
  const queue = openQueue(config.odoo, records, createLog({ level: "silent" }));
  try {
    await verifyIdentity(queue, config.odoo);
    const object = options.object ?? (await chooseObject(records, mappings, connector, { system, model, id }));
    const payload = await records.call<JsonObject>("integration.queue", "snapshot", { model, res_id: id, object });
    noteAbsent(mappings, object, payload);
    const wanted = preview(mappings, connector, object, payload, { link: () => undefined }).waitsFor;
    const link = await findLinks(queue, system, new Set(wanted.map(({ lane }) => lane)));
    return { object, ...preview(mappings, connector, object, payload, { link }) };
  } finally {
    await queue.close();
    await records.close();
  }
}

/** The only object the model can be in this system, or the one as which a rule in Odoo sends this very record. */
async function chooseObject(
  records: RecordClient,
  mappings: MappingRegistry,
  connector: string,
  record: { system: string; model: string; id: number },
): Promise<string> {
  const { system, model, id } = record;
  const possible = objectsOf(mappings, connector, { model });
  if (possible.length === 0)
    throw usage(`No mapping takes ${model} to ${system}.`, "Name another model or system, or add the mapping.");
  if (possible.length === 1) return possible[0] as string;
  const sentAs = await records.call<string[]>("integration.queue", "sent_as", { system, model, res_id: id });
  const object = sentAs.find((each) => possible.includes(each));
  if (object !== undefined) return object;
  throw usage(
    `No active rule sends ${model},${id} to ${system}, where it could be ${possible.join(" or ")}.`,
    "Choose with --object.",
  );
}

/** Says which fields of the mapping Odoo did not give, because a document without them looks right and is not. */
function noteAbsent(mappings: MappingRegistry, object: string, payload: JsonObject): void {
  const paths = mappings.catalogue().objects.find((entry) => entry.object === object)?.paths ?? [];
  const fields = new Set(paths.map((path) => path.split(".", 1)[0] ?? path));
  const absent = [...fields].filter((field) => !Object.hasOwn((payload["record"] ?? {}) as JsonObject, field));
  if (absent.length === 0) return;
  process.stderr.write(
    `not read: ${absent.join(", ")}. This Odoo has no such field, or no sidecar with these mappings was started yet.\n`,
  );
}

function objectsOf(mappings: MappingRegistry, connector: string, { model }: { model?: string }): string[] {
  return mappings
    .catalogue()
    .objects.filter((entry) => entry.model === model && mappings.takes(connector, entry.object))
    .map((entry) => entry.object);
}

function connectorOf(config: Config, code: string): string {
  return config.systems.find((system) => system.code === code)?.connector ?? code;
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

function usage(message: string, hint: string): HubError {
  return new HubError({ kind: "data", code: "usage", message, hint });
}
