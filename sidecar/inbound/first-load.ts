import { setTimeout as delay } from "node:timers/promises";
import type { RecordSource } from "../connectors";
import { childOf, toTraceparent } from "../telemetry/trace-context";
import { PRIORITY } from "./inbox";
import type { ListedType } from "./listed-records";
import type { StoredLoad, StoredLoads } from "./stored-loads";

/** Records that were named and are not done with: more wait at the vendor, so that neither the inbox nor a backup of it grows with the account. */
const MOST_OPEN = 2_000;
const LOOK_AGAIN_MS = 500;

export interface LoadParts {
  type: ListedType;
  source: Pick<RecordSource, "changes">;
  loads: Pick<StoredLoads, "take" | "listed" | "openNotices">;
  /** Called after each part of the list with how many records it added. */
  onListed?: (added: number) => void;
  signal: AbortSignal;
}

/**
 * Reads the whole list of a type, from where an interrupted load got to, and leaves a notice of each record for the workers, who take
 * them after everything that is alive (priority 90). Throws what the vendor or the store did; the same load can then be gone on with.
 */
export async function listAll(load: StoredLoad, parts: LoadParts): Promise<void> {
  const { type, source, loads, signal, onListed } = parts;
  if (load.listed) return;
  const call = { priority: PRIORITY.load, traceparent: toTraceparent(childOf("")), signal };
  for await (const { changes, upTo } of source.changes(type.object, load.from, call)) {
    const added = await loads.take(load.id, type, changes, upTo);
    onListed?.(added);
    while ((await loads.openNotices(load.id)) > MOST_OPEN) await delay(LOOK_AGAIN_MS, undefined, { signal });
  }
  await loads.listed(load.id);
}
