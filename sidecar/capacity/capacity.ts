import type { Bucket, ConnectorDefinition } from "../connectors";
import { HubError } from "../domain/errors";
import { isBackfill } from "../domain/priority";
import type { MappingRegistry } from "../mapping/registry";
import { findings, type Finding } from "./advice";
import { callCount, callsOf, type Call } from "./cost";
import { arrivalSeconds, predict, type Load, type Prediction, type SystemLoad } from "./model";
import type { Volume, Volumes } from "./volumes";

/** A connected system, as far as its capacity is concerned. */
export interface CapacitySystem {
  code: string;
  /** For people. */
  name: string;
  /** Name of the connector; the mappings stand under it. */
  connector: string;
  definition: ConnectorDefinition;
  buckets: Readonly<Record<string, Bucket>>;
  concurrency: number;
}

export interface SystemCapacity extends Prediction {
  system: string;
  name: string;
  /** From the first record's arrival to the last answer. */
  mayTakeSeconds: number;
  endsAt: Date;
  /** False when a limit does not suffice; `findings` says which. */
  sufficient: boolean;
  findings: Finding[];
}

/** Used where the volumes say nothing. */
export const DEFAULTS = {
  answerMs: 250,
  /** A day's work should be gone before the next one's comes. */
  finishWithinSeconds: 86_400,
  /** One process on two shared cores does more (docs/performance.md); what it shares its machine with takes its part. */
  recordsPerSecond: 2_000,
};

/**
 * What becomes of these volumes at each system they go to, in the volumes' order.
 * @param finishWithinSeconds for every system, whatever the volumes say; null: as they say
 * @throws HubError `volumes_invalid` for a system that is not connected, `mapping_not_found` for an object it does not take
 */
export function assess(
  volumes: Volumes,
  systems: readonly CapacitySystem[],
  mappings: MappingRegistry,
  now: Date,
  finishWithinSeconds: number | null = null,
): SystemCapacity[] {
  const recordsPerSecond = volumes.recordsPerSecond ?? DEFAULTS.recordsPerSecond;
  const codes = [...new Set(volumes.volumes.map(({ system }) => system))];
  return codes.map((code) => {
    const mine = volumes.volumes.filter(({ system }) => system === code);
    const facts = systemOf(code, systems);
    const { loads, load } = loadOf(mine, facts, mappings, volumes.systems[code]?.answerMs ?? DEFAULTS.answerMs);
    const prediction = predict(load, recordsPerSecond);
    const afterwards = finishWithinSeconds ?? volumes.systems[code]?.finishWithinSeconds ?? shortestPeriod(mine);
    const goal = {
      name: facts.name,
      mayTakeSeconds: arrivalSeconds(load) + afterwards,
      recordsPerSecond,
      recurring: recurring(mine, loads),
    };
    const found = findings(load, prediction, goal);
    return {
      ...prediction,
      system: code,
      name: facts.name,
      mayTakeSeconds: goal.mayTakeSeconds,
      endsAt: new Date((volumes.start ?? now).getTime() + prediction.expectedSeconds * 1000),
      sufficient: !found.some(({ severity }) => severity === "insufficient"),
      findings: found,
    };
  });
}

function systemOf(code: string, systems: readonly CapacitySystem[]): CapacitySystem {
  const system = systems.find((candidate) => candidate.code === code);
  if (system) return system;
  throw new HubError({
    kind: "data",
    code: "volumes_invalid",
    message: `The volumes name the system "${code}", which the configuration does not connect.`,
    hint: `Name one of: ${systems.map((known) => known.code).join(", ")}.`,
    field: code,
  });
}

function loadOf(
  volumes: readonly Volume[],
  system: CapacitySystem,
  mappings: MappingRegistry,
  answerMs: number,
): { loads: Load[]; load: SystemLoad } {
  const loads = volumes.map((volume) => {
    const calls = callsOfVolume(volume, system, mappings);
    const { records, withinSeconds, priority } = volume;
    return { records, calls, withinSeconds, backfill: isBackfill(priority) };
  });
  return { loads, load: { concurrency: system.concurrency, buckets: system.buckets, answerMs, loads } };
}

function callsOfVolume(volume: Volume, system: CapacitySystem, mappings: MappingRegistry): Call[] {
  const { type } = mappings.destination(system.connector, volume.object);
  const object = system.definition.objects[type];
  if (!object) throw unknownType(type, system.name);
  const calls = callsOf(object, volume.change, mappings.targetPaths(system.connector, volume.object), volume.findPages);
  if (volume.callsPerRecord === null) return calls;
  const bucket = calls[0]?.bucket ?? "default";
  return [{ what: "calls as given", bucket, calls: volume.callsPerRecord, batch: 1 }];
}

function recurring(
  volumes: readonly Volume[],
  loads: readonly Load[],
): { bucket: string; calls: number; everySeconds: number }[] {
  return volumes.flatMap(({ everySeconds, records }, index) =>
    everySeconds === null
      ? []
      : (loads[index]?.calls ?? []).map((call) => ({
          bucket: call.bucket,
          calls: callCount(call, records),
          everySeconds,
        })),
  );
}

function shortestPeriod(volumes: readonly Volume[]): number {
  const periods = volumes.flatMap(({ everySeconds }) => (everySeconds === null ? [] : [everySeconds]));
  return periods.length > 0 ? Math.min(...periods) : DEFAULTS.finishWithinSeconds;
}

function unknownType(type: string, name: string): HubError {
  return new HubError({
    kind: "data",
    code: "object_type_unknown",
    message: `The ${name} connector has no object type "${type}".`,
    hint: "Correct the system's mapping, or add the type to the connector.",
    field: type,
  });
}
