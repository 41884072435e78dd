import { assess, type CapacitySystem, type SystemCapacity } from "../capacity/capacity";
import { inWords, seconds } from "../capacity/durations";
import { readVolumes, type Volume, type Volumes } from "../capacity/volumes";
import type { Config } from "../config/config";
import { openConnections } from "../connections";
import { declaredBuckets } from "../connectors";
import { HubError } from "../domain/errors";
import { loadMappings } from "../mapping/registry";
import { openQueue, openRecords, verifyIdentity } from "../odoo/open";
import type { Backlog } from "../odoo/queue";
import { createLog } from "../telemetry/log";
import { EXIT } from "./exit-codes";
import { table } from "./report";

export interface CapacityOptions {
  /** Take what is waiting in the queue now instead of a file. */
  fromQueue?: boolean;
  /** `1h`: how long every system may take after the last record is there, whatever the file says. */
  finishWithin?: string;
  json?: boolean;
}

/**
 * Prints how long the volumes take at each system and what does not suffice. Calls no vendor.
 * @returns `failed` when a limit does not suffice, so that a script notices
 */
export async function capacityCommand(
  config: Config,
  file: string | undefined,
  options: CapacityOptions,
): Promise<number> {
  const finishWithin = options.finishWithin === undefined ? null : toSeconds(options.finishWithin);
  const volumes = await volumesFor(config, file, options);
  const assessed = assess(
    volumes,
    await systemsOf(config),
    loadMappings(config.mappings.dirs),
    new Date(),
    finishWithin,
  );
  process.stdout.write(options.json ? `${JSON.stringify({ systems: assessed }, null, 2)}\n` : describe(assessed));
  return assessed.every(({ sufficient }) => sufficient) ? EXIT.done : EXIT.failed;
}

async function volumesFor(config: Config, file: string | undefined, options: CapacityOptions): Promise<Volumes> {
  if ((file === undefined) !== (options.fromQueue ?? false))
    throw usage("It is not clear which volumes are meant.", "Name a file (docs/capacity.md), or use --from-queue.");
  return file === undefined ? volumesOfQueue(config) : readVolumes(file);
}

/** What waits now, all of it there at once. A system that this configuration does not connect is another sidecar's. */
async function volumesOfQueue(config: Config): Promise<Volumes> {
  const records = openRecords(config.odoo);
  const queue = openQueue(config.odoo, records, createLog({ level: "silent" }));
  try {
    await verifyIdentity(queue, config.odoo);
    const connected = new Set(config.systems.filter(({ enabled }) => enabled).map(({ code }) => code));
    const backlog = (await queue.backlog()).filter(({ system }) => connected.has(system));
    return { start: null, recordsPerSecond: null, systems: {}, volumes: backlog.map(allAtOnce) };
  } finally {
    await queue.close();
    await records?.close();
  }
}

function allAtOnce(waiting: Backlog): Volume {
  return { ...waiting, withinSeconds: 0, everySeconds: null, findPages: 1, callsPerRecord: null };
}

async function systemsOf(config: Config): Promise<CapacitySystem[]> {
  const { settings } = loadMappings(config.mappings.dirs);
  const connections = openConnections(config, settings);
  await Promise.all(connections.map(({ connector }) => connector.close()));
  return connections.map(({ config: system, name, definition, concurrency }) => {
    const { definition: connector } = definition;
    // Its limits are numbers by now, whatever they were made of.
    const buckets = declaredBuckets(connector, {});
    return {
      code: system.code,
      name,
      connector: system.connector,
      definition: connector,
      buckets,
      concurrency: Math.min(concurrency, connector.limits.concurrency),
    };
  });
}

function describe(assessed: readonly SystemCapacity[]): string {
  const head = ["system", "records", "calls", "held up by", "quotas alone", "expected", "may take", "ends", ""];
  const rows = assessed.map((one) => [
    one.name,
    one.records.toLocaleString("en"),
    one.calls.toLocaleString("en"),
    boundInWords(one),
    inWords(one.minimumSeconds),
    inWords(one.expectedSeconds),
    inWords(one.mayTakeSeconds),
    `${one.endsAt.toISOString().slice(0, 16).replace("T", " ")}Z`,
    one.sufficient ? "ok" : "NOT ENOUGH",
  ]);
  const found = assessed.flatMap(({ findings }) =>
    findings.map(({ severity, message, hint }) => `\n${severity}: ${message}\n  ${hint}\n`),
  );
  return table([head, ...rows]) + found.join("");
}

function boundInWords({ bound, buckets }: SystemCapacity): string {
  if (bound.by === "hub") return "the sidecars";
  if (bound.by === "arrival") return "arrival";
  if (bound.by === "concurrency") return "requests at a time";
  const use = buckets.find(({ bucket }) => bucket === bound.bucket);
  return use ? `${use.requests.toLocaleString("en")} in ${inWords(use.perMs / 1000)} (${use.bucket})` : "a quota";
}

function toSeconds(text: string): number {
  const value = seconds(text);
  if (value > 0) return value;
  throw usage(`"${text}" is not a time.`, "Write it like 90s, 10m, 2h or 1d.");
}

function usage(message: string, hint: string): HubError {
  return new HubError({ kind: "data", code: "usage", message, hint });
}
