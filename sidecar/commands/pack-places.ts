import { statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../config/config";
import { loadConfig } from "../config/load";
import { HubError, isHubError } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import { artifactKind, MappingPack } from "../mapping/registry";
import { openRecords } from "../odoo/open";
import type { RecordClient } from "../odoo/record-client";

/** What can be changed in Odoo, by path in the pack. */
export type PackSet = Map<string, Json>;

/** Whose rights a command uses in an Odoo; without it those of the configuration's key. */
export interface Person {
  login?: string;
  apiKey: string;
}

/** A set that can be read. */
export interface Place {
  /** For people. */
  name: string;
  read(): PackSet | Promise<PackSet>;
  close(): void | Promise<void>;
}

/** What became of a file that was brought in (`integration.artifact.pack_apply`). */
export interface Applied {
  path: string;
  result: "unchanged" | "waits" | "draft" | "active" | "refused";
  version: number;
  reason?: string;
}

/** A set in Odoo: what is active there, and what is shipped where nothing is. */
export class OdooPlace implements Place {
  readonly name: string;

  constructor(
    config: Config,
    private readonly records: RecordClient,
  ) {
    this.name = `${config.odoo.database} at ${new URL(config.odoo.url).host}`;
  }

  async read(): Promise<PackSet> {
    return new Map((await this.files()).map(({ path: file, content }) => [file, content]));
  }

  /** What was changed there: the files that are not as they are shipped. */
  async changed(): Promise<PackSet> {
    const files = (await this.files()).filter(({ version }) => version > 0);
    return new Map(files.map(({ path: file, content }) => [file, content]));
  }

  async apply(set: PackSet, reason: string, activate: boolean): Promise<Applied[]> {
    const files = [...set].map(([file, content]): JsonObject => ({ path: file, content }));
    try {
      return await this.records.call<Applied[]>("integration.artifact", "pack_apply", { files, reason, activate });
    } catch (thrown) {
      throw isHubError(thrown) && thrown.code === "odoo_access_refused" ? needsMapper(this.name, thrown) : thrown;
    }
  }

  async close(): Promise<void> {
    await this.records.close();
  }

  private async files(): Promise<{ path: string; content: Json; version: number }[]> {
    return this.records.call("integration.artifact", "pack_files", {});
  }
}

/**
 * A place by what a person writes: `odoo` (the configuration's), another configuration file (that one's Odoo), or a folder.
 * Throws `usage` for anything else, and where an Odoo's key is missing.
 */
export function placeOf(written: string, config: () => Config, person?: Person): Place {
  if (written === "odoo") return odooPlace(config(), person);
  if (/\.ya?ml$/.test(written)) return odooPlace(loadConfig(written), person);
  if (!isFolder(written)) throw usage(`There is no folder ${written}.`);
  const read = (): PackSet =>
    new Map([...MappingPack.read([written]).files].filter(([file]) => artifactKind(file) !== undefined));
  return { name: written, read, close: () => undefined };
}

export function odooPlace(config: Config, person?: Person): OdooPlace {
  const odoo = person
    ? { ...config.odoo, apiKey: person.apiKey, login: person.login ?? config.odoo.login }
    : config.odoo;
  const records = openRecords(odoo);
  if (!records) throw usage("This needs Odoo's API.", "Set odoo.api_key, or name a key with --key-from.");
  return new OdooPlace(config, records);
}

function needsMapper(place: string, cause: HubError): HubError {
  return new HubError(
    {
      ...cause.failure,
      message: `Odoo does not let this user bring versions into ${place}.`,
      hint:
        "Name the API key of a mapping administrator with --key-from env:NAME or file:/path (with JSON-RPC also --login). " +
        "The sidecar's own user never gets that right: versions have an author who answers for them.",
    },
    { cause },
  );
}

/** Writes a set as files below a folder. */
export async function writeFiles(folder: string, set: PackSet): Promise<void> {
  for (const [file, content] of set) {
    // What a folder of the pack may be called is known: a path from a database is never followed elsewhere.
    if (artifactKind(file) === undefined) continue;
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, `${JSON.stringify(content, null, 2)}\n`);
  }
}

/** Settings are the one kind of file in which somebody could write a secret; those belong into the configuration. */
export function refuseSecrets(set: PackSet): void {
  for (const [file, content] of set) {
    if (artifactKind(file) !== "settings") continue;
    const key = secretKeyOf(content);
    if (key === null) continue;
    throw new HubError({
      kind: "policy",
      code: "pack_holds_secret",
      message: `${file} seems to hold a secret in "${key}". Secrets never travel with mappings.`,
      hint: `Move it to systems.<code>.credentials of the sidecar's configuration, and remove it here.`,
      field: `${file} ${key}`,
    });
  }
}

/** The first key with a text that is called like a secret, however deep; null where there is none. */
function secretKeyOf(content: Json): string | null {
  if (typeof content !== "object" || content === null) return null;
  for (const [key, value] of Object.entries(content)) {
    if (typeof value === "string" && /secret|password|token|api_?key|credential/i.test(key)) return key;
    const inner = secretKeyOf(value);
    if (inner !== null) return `${key}.${inner}`;
  }
  return null;
}

export function usage(
  message: string,
  hint = "Name a folder, `odoo`, or the configuration file of another sidecar.",
): HubError {
  return new HubError({ kind: "data", code: "usage", message, hint });
}

function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
