import type { Config } from "../config/config";
import { EXIT } from "./exit-codes";
import { describeDiff, diffSets } from "./pack-diff";
import {
  OdooPlace,
  placeOf,
  refuseSecrets,
  usage,
  writeFiles,
  type Applied,
  type PackSet,
  type Person,
  type Place,
} from "./pack-places";
import { table } from "./report";
import { secretFrom } from "./secret-option";

export interface PackOptions {
  from?: string;
  to?: string;
  reason?: string;
  activate?: boolean;
  /** `env:NAME` or `file:/path`: the API key of the person who brings it in. */
  keyFrom?: string;
  /** With Odoo's JSON-RPC: whose key it is. */
  login?: string;
  all?: boolean;
}

/** Prints what would change in `to` (default: Odoo) with what is in `from` (default: the pack's files). Exit code 1 when something would. */
export async function packDiff(config: () => Config, options: PackOptions): Promise<number> {
  const from = source(config, options);
  const to = placeOf(options.to ?? "odoo", config);
  return closing([from, to], async () => {
    const found = diffSets(await to.read(), await from.read());
    process.stdout.write(describeDiff(found));
    process.stderr.write(`${found.length} files differ between ${to.name} and ${from.name}\n`);
    return found.length === 0 ? EXIT.done : EXIT.failed;
  });
}

/** Makes draft versions in Odoo of what differs; nothing is deleted there. Prints what became of each file. */
export async function packApply(config: () => Config, options: PackOptions): Promise<number> {
  if (!options.reason)
    throw usage("The reason is missing.", "Say with --reason what changes and why; it stays with each version.");
  const from = source(config, options);
  const to = placeOf(options.to ?? "odoo", config, person(options));
  if (!(to instanceof OdooPlace)) throw usage("Versions are brought into an Odoo.", "Use `hub pack export` for files.");
  const { reason, activate = false } = options;
  return closing([from, to], async () => {
    const changed = onlyChanged(await to.read(), await from.read());
    refuseSecrets(changed);
    const applied = changed.size === 0 ? [] : await to.apply(changed, reason, activate);
    process.stdout.write(table(applied.map(rowOf)));
    process.stderr.write(`${applied.length} files differed\n`);
    return applied.some(({ result }) => result === "refused") ? EXIT.failed : EXIT.done;
  });
}

/** Writes what was changed in Odoo as files below a folder; with `all` also what counts there as it is shipped. */
export async function packExport(config: () => Config, options: PackOptions): Promise<number> {
  if (!options.to) throw usage("No folder was named.", "Name it with --to.");
  const from = placeOf(options.from ?? "odoo", config);
  const folder = options.to;
  return closing([from], async () => {
    const set = from instanceof OdooPlace && !options.all ? await from.changed() : await from.read();
    refuseSecrets(set);
    await writeFiles(folder, set);
    process.stdout.write([...set.keys()].map((file) => `${file}\n`).join(""));
    return EXIT.done;
  });
}

/** Files of the configuration's pack, unless another place is named. */
function source(config: () => Config, { from }: PackOptions): Place {
  if (from !== undefined) return placeOf(from, config);
  const dirs = config().mappings.dirs;
  const places = dirs.map((dir) => placeOf(dir, config));
  const read = async (): Promise<PackSet> => {
    const sets = await Promise.all(places.map(async (place) => place.read()));
    return new Map(sets.flatMap((set) => [...set]));
  };
  return { name: dirs.join(", "), read, close: () => undefined };
}

function person({ keyFrom, login }: PackOptions): Person | undefined {
  if (keyFrom === undefined) return undefined;
  return { apiKey: secretFrom("--key-from", keyFrom, "value"), ...(login === undefined ? {} : { login }) };
}

function onlyChanged(there: PackSet, here: PackSet): PackSet {
  const differing = diffSets(there, here).filter(({ kind }) => kind !== "removed");
  return new Map(differing.flatMap(({ path }) => (here.has(path) ? [[path, here.get(path) ?? null]] : [])));
}

function rowOf({ path, result, version, reason }: Applied): string[] {
  const said = {
    unchanged: "unchanged",
    waits: "waits already",
    draft: "draft",
    active: "active",
    refused: "not activated",
  };
  return [said[result], path, `version ${version}`, reason ?? ""];
}

async function closing(places: readonly Place[], work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } finally {
    await Promise.all(places.map(async (place) => place.close()));
  }
}
