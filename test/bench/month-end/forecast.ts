import path from "node:path";
import { assess, type CapacitySystem, type SystemCapacity } from "../../../sidecar/capacity/capacity";
import { minimumSeconds } from "../../../sidecar/capacity/model";
import { parseVolumes } from "../../../sidecar/capacity/volumes";
import { declaredBuckets, loadDefinition } from "../../../sidecar/connectors";
import { loadMappings } from "../../../sidecar/mapping/registry";

const SHIPPED = path.resolve(__dirname, "../../../mappings");

/** The benchmark's own mappings and its bookkeeping service. */
export const OVERLAY = path.join(__dirname, "mappings");

/** Where the two kinds of bulk go, and what is changed by hand meanwhile. */
export const SYSTEMS = {
  hubspot: { folder: SHIPPED, bulk: "timesheet", byHand: "customer" },
  ledger_window: { folder: OVERLAY, bulk: "invoice", byHand: "invoice" },
} as const;
export type Code = keyof typeof SYSTEMS;
export const CODES = Object.keys(SYSTEMS) as Code[];

export function systemOf(code: Code): CapacitySystem {
  const folder = path.join(SYSTEMS[code].folder, "systems", code);
  const { definition } = loadDefinition(folder, path.join(SHIPPED, "schema"));
  const { name, limits } = definition;
  const buckets = declaredBuckets(definition, {});
  return { code, name, connector: code, definition, buckets, concurrency: limits.concurrency };
}

export function quotaOf(code: Code): { requests: number; perMs: number } {
  const bucket = systemOf(code).buckets["default"];
  if (!bucket) throw new Error(`${code} declares no quota.`);
  return bucket;
}

/**
 * What `hub capacity` says about the bulk of a system, with what people do by hand meanwhile.
 * @param byHand changes by hand a second; each is a call of its own, so no batch fills
 */
export function forecast(code: Code, records: number, answerMs: number, byHand: number): SystemCapacity {
  const { bulk, byHand: object } = SYSTEMS[code];
  const waiting = `{ system: ${code}, object: ${bulk}, records: ${records}, priority: 90 }`;
  const { expectedSeconds } = assessed(code, [waiting], answerMs);
  const meanwhile = Math.round(expectedSeconds * byHand);
  const within = expectedSeconds.toFixed(3);
  const live = `{ system: ${code}, object: ${object}, records: ${meanwhile}, within: ${within}s, calls_per_record: 1 }`;
  return assessed(code, meanwhile > 0 ? [waiting, live] : [waiting], answerMs);
}

/** When the last call may go at the earliest: the bulk in full batches, and one call for each change by hand. */
export function leastSeconds(code: Code, records: number, byHand: number): number {
  const { calls } = assessed(code, [`{ system: ${code}, object: ${SYSTEMS[code].bulk}, records: ${records} }`], 1);
  return minimumSeconds(calls + byHand, quotaOf(code));
}

function assessed(code: Code, volumes: readonly string[], answerMs: number): SystemCapacity {
  const text = `{ systems: { ${code}: { answer_ms: ${answerMs} } }, volumes: [${volumes.join(", ")}] }`;
  const mappings = loadMappings([SHIPPED, OVERLAY]);
  const [first] = assess(parseVolumes(text, "forecast"), [systemOf(code)], mappings, new Date());
  if (!first) throw new Error("Nothing was forecast.");
  return first;
}
