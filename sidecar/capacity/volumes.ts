import { readFileSync } from "node:fs";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { parse } from "yaml";
import { HubError } from "../domain/errors";
import type { Change } from "./cost";
import { seconds } from "./durations";
import schema from "./volumes.schema.json";

/** Records of one kind for one system; times in seconds, null where nothing was said. */
export interface Volume {
  system: string;
  object: string;
  records: number;
  change: Change;
  withinSeconds: number;
  everySeconds: number | null;
  priority: number;
  findPages: number;
  callsPerRecord: number | null;
}

/** What `hub capacity` is asked about. */
export interface Volumes {
  start: Date | null;
  recordsPerSecond: number | null;
  systems: Record<string, { answerMs: number | null; finishWithinSeconds: number | null }>;
  volumes: Volume[];
}

/** The file's own form, after validation. */
interface File {
  start?: string;
  records_per_second?: number;
  systems: Record<string, { answer_ms?: number; finish_within?: string }>;
  volumes: {
    system: string;
    object: string;
    records: number;
    change: Change;
    within?: string;
    every?: string;
    priority: number;
    find_pages: number;
    calls_per_record?: number;
  }[];
}

const ajv = new Ajv2020({ useDefaults: true });
addFormats(ajv);
const check = ajv.compile(schema);

/** @throws HubError `volumes_invalid` with the place and what to do */
export function readVolumes(file: string): Volumes {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw invalid(file, `cannot be read: ${(cause as Error).message}`, "Give the path of a YAML or JSON file.", cause);
  }
  return parseVolumes(text, file);
}

/** @param name of the file, for messages */
export function parseVolumes(text: string, name: string): Volumes {
  let values: unknown;
  try {
    values = parse(text);
  } catch (cause) {
    throw invalid(name, `is not YAML: ${(cause as Error).message}`, "Correct the place named.", cause);
  }
  if (!check(values)) throw explained(name, check.errors?.[0]);
  return shape(values as unknown as File);
}

function shape(file: File): Volumes {
  return {
    start: file.start === undefined ? null : new Date(file.start),
    recordsPerSecond: file.records_per_second ?? null,
    systems: Object.fromEntries(
      Object.entries(file.systems).map(([code, { answer_ms, finish_within }]) => [
        code,
        { answerMs: answer_ms ?? null, finishWithinSeconds: secondsOrNull(finish_within) },
      ]),
    ),
    volumes: file.volumes.map((volume) => ({
      system: volume.system,
      object: volume.object,
      records: volume.records,
      change: volume.change,
      withinSeconds: secondsOrNull(volume.within) ?? 0,
      everySeconds: secondsOrNull(volume.every),
      priority: volume.priority,
      findPages: volume.find_pages,
      callsPerRecord: volume.calls_per_record ?? null,
    })),
  };
}

function secondsOrNull(text: string | undefined): number | null {
  return text === undefined ? null : seconds(text);
}

function explained(name: string, error: ErrorObject | undefined): HubError {
  const params = (error?.params ?? {}) as {
    missingProperty?: string;
    additionalProperty?: string;
    allowedValues?: string[];
  };
  const key = params.additionalProperty ?? params.missingProperty;
  const place = [...(error?.instancePath ?? "").split("/").slice(1), ...(key === undefined ? [] : [key])].join(".");
  const allowed = params.allowedValues ? ` (${params.allowedValues.join(", ")})` : "";
  const reason =
    params.additionalProperty !== undefined
      ? "is not a key of this file"
      : params.missingProperty !== undefined
        ? "is missing"
        : error?.keyword === "pattern"
          ? "is not a time like 90s, 10m, 2h or 1d"
          : `${error?.message ?? "is not valid"}${allowed}`;
  return invalid(place === "" ? name : `${name} ${place}`, reason, "docs/capacity.md lists every key.");
}

function invalid(where: string, reason: string, hint: string, cause?: unknown): HubError {
  const message = `${where} ${reason}.`;
  return new HubError({ kind: "data", code: "volumes_invalid", message, hint, field: where }, { cause });
}
