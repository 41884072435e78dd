import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config/config";
import type { Connection } from "../connections";
import { dryLoad } from "../inbound/dry-load";
import { listAll } from "../inbound/first-load";
import { OdooInbound } from "../inbound/odoo-inbound";
import { StoredLoads, type LoadState } from "../inbound/stored-loads";
import { typesFor } from "../inbound/types";
import { HubError } from "../domain/errors";
import type { Hub } from "../hub";
import { EXIT } from "./exit-codes";
import { table } from "./report";
import { inboundOf, withHub } from "./with-hub";

export interface LoadOptions {
  system: string;
  object: string;
  dryRun?: boolean;
}

const SHOW_EVERY_MS = 1_000;

/** How each outcome is called in the report, in this order; what is not here keeps its own name. */
const WORDS: Record<string, string> = {
  matched: "matched",
  created: "created",
  delivered: "changed",
  unchanged: "unchanged",
  echo: "unchanged",
  waiting: "waiting",
  held: "held",
  dead: "failed",
  settled: "settled since",
  gone: "gone meanwhile",
  led: "led on",
};

/**
 * Brings what is already in a system into Odoo: every record is matched with what is there, created or held for a person. Interrupted,
 * the same command goes on. Prints the progress, and at the end how many ended how. With `--dry-run` nothing is written anywhere.
 */
export async function loadCommand(config: Config, options: LoadOptions): Promise<number> {
  return withHub(config, async (hub) => {
    inboundOf(hub);
    const connection = connectionOf(hub, options.system);
    const left = new AbortController();
    const leave = (): void => left.abort();
    process.once("SIGINT", leave);
    try {
      for (const type of typesFor(connection, hub.releases.current.mappings, options.object)) {
        const state = options.dryRun
          ? await tryOut(hub, connection, type, left.signal)
          : await load(hub, connection, type, left.signal);
        process.stdout.write(report(options.dryRun ? `${type}, dry run` : type, state));
      }
      return EXIT.done;
    } catch (thrown) {
      if (!left.signal.aborted) throw thrown;
      process.stderr.write("interrupted: the same command goes on; what was listed is taken over by the sidecars\n");
      return EXIT.failed;
    } finally {
      process.removeListener("SIGINT", leave);
    }
  });
}

async function tryOut(
  hub: Hub,
  { config, connector }: Connection,
  type: string,
  signal: AbortSignal,
): Promise<LoadState> {
  const { records, releases } = hub;
  if (!records) throw new Error("Odoo's API is needed");
  const { number: release, mappings } = releases.current;
  return dryLoad({
    type,
    source: connector.source,
    odoo: new OdooInbound(records, config.code),
    under: { system: config.code, connector: config.connector, release, mappings },
    onDone: ({ listed }) => process.stderr.write(`${type}: ${listed} asked about\n`),
    signal,
  });
}

async function load(
  hub: Hub,
  { config, connector }: Connection,
  object: string,
  signal: AbortSignal,
): Promise<LoadState> {
  if (!hub.store) throw new Error("a store is needed");
  const loads = new StoredLoads(hub.store);
  const type = { system: config.code, object };
  const stored = await loads.open(type);
  process.stderr.write(`${object}: load ${stored.id} ${stored.resumed ? "goes on" : "begins"}\n`);
  let total = 0;
  const onListed = (added: number): void => {
    total += added;
    process.stderr.write(`${object}: ${total} listed\n`);
  };
  await listAll(stored, { type, source: connector.source, loads, onListed, signal });
  let shown = -1;
  for (;;) {
    const state = await loads.state(stored.id);
    if (state.open === 0) return state;
    if (state.open !== shown) process.stderr.write(`${object}: ${state.listed - state.open} of ${state.listed} done\n`);
    shown = state.open;
    await delay(SHOW_EVERY_MS, undefined, { signal });
  }
}

function report(title: string, { listed, outcomes, reasons }: LoadState): string {
  const counts = new Map<string, number>();
  for (const [outcome, count] of Object.entries(outcomes)) {
    const word = WORDS[outcome] ?? outcome;
    counts.set(word, (counts.get(word) ?? 0) + count);
  }
  const order = [...new Set([...Object.values(WORDS), ...counts.keys()])].filter((word) => counts.has(word));
  const rows = order.map((word) => [`  ${word}`, String(counts.get(word) ?? 0)]);
  const why = Object.entries(reasons).map(([code, count]) => [`    ${code}`, String(count)]);
  return table([[title, String(listed)], ...rows, ...(why.length > 0 ? [["  reasons", ""], ...why] : [])]);
}

function connectionOf({ connections }: Hub, system: string): Connection {
  const found = connections.find(({ config }) => config.code === system);
  if (found) return found;
  throw new HubError({
    kind: "data",
    code: "usage",
    message: `There is no connection "${system}" that is switched on.`,
    hint: `Name one of: ${connections.map(({ config }) => config.code).join(", ")}.`,
  });
}
