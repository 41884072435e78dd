import type { RecordSource } from "../connectors";
import { toFailure } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import { childOf, toTraceparent } from "../telemetry/trace-context";
import { PRIORITY } from "./inbox";
import { outcomeOf, type OdooInbound } from "./odoo-inbound";
import { prepare, unreadable, type Preparation } from "./prepare";
import { workOn } from "./records";
import type { LoadState } from "./stored-loads";

/** Records that are read and asked about at a time. */
const AT_ONCE = 50;

export interface DryLoadParts {
  type: string;
  source: Pick<RecordSource, "changes" | "fetch">;
  odoo: Pick<OdooInbound, "receive">;
  under: Omit<Preparation, "traceparent">;
  onDone?: (state: LoadState) => void;
  signal: AbortSignal;
}

/** What a first load would do: every record is read and mapped, and Odoo says what it would make of it. Nothing is written, here or there. */
export async function dryLoad({ type, source, odoo, under, onDone, signal }: DryLoadParts): Promise<LoadState> {
  const traceparent = toTraceparent(childOf(""));
  const call = { priority: PRIORITY.load, traceparent, signal };
  const reads = under.mappings.inbound.reads(under.connector, type);
  const preparation = { ...under, traceparent };
  const state: LoadState = { listed: 0, open: 0, outcomes: {}, reasons: {} };
  const seen = new Set<string>();
  const waiting: string[] = [];
  const ask = async (): Promise<void> => {
    const ids = waiting.splice(0, AT_ONCE);
    const fetched = await source.fetch(type, ids, { ...call, reads });
    const items = ids.flatMap((id, place): JsonObject[] => {
      const result = fetched[place] ?? { failure: toFailure(new Error("nothing was read")) };
      const work = workOn(type, id, "load");
      // It was deleted since it was listed.
      if ("found" in result && result.found === null) return [];
      const { item } =
        "found" in result ? prepare(work, result, preparation) : unreadable(work, result.failure, preparation);
      return [{ ...item, dry_run: true }];
    });
    count(state, ids.length - items.length, "gone");
    for (const answer of items.length > 0 ? await odoo.receive(items) : []) {
      count(state, 1, outcomeOf(answer));
      const code = answer.error?.code;
      if (code !== undefined) state.reasons[code] = (state.reasons[code] ?? 0) + 1;
    }
    onDone?.(state);
  };
  for await (const { changes } of source.changes(type, null, call)) {
    const fresh = changes.filter(({ id, deleted }) => !deleted && !seen.has(id)).map(({ id }) => id);
    for (const id of fresh) seen.add(id);
    waiting.push(...new Set(fresh));
    while (waiting.length >= AT_ONCE) await ask();
  }
  while (waiting.length > 0) await ask();
  return state;
}

function count(state: LoadState, by: number, outcome: string): void {
  if (by === 0) return;
  state.listed += by;
  state.outcomes[outcome] = (state.outcomes[outcome] ?? 0) + by;
}
