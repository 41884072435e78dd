import { METHODS, validateHeaderName, validateHeaderValue } from "node:http";
import { nearest } from "../../sidecar/config/nearest";
import { VENDORS } from "./vendors";

/** What can be made to go wrong, each with the options it takes; docs/sandbox.md describes them. */
const OPTIONS_OF = {
  status: ["status", "headers", "body"],
  html: ["status"],
  slow: ["delayMs"],
  slow_answer: ["delayMs"],
  reset_before: [],
  reset_after_apply: [],
  timeout_after_apply: ["delayMs"],
  truncated: [],
  wrong_content_type: [],
  schema_change: [],
  duplicate_id: [],
  credential_revoked: [],
  search_lag: ["lagMs"],
} as const satisfies Record<string, readonly string[]>;

export type FaultKind = keyof typeof OPTIONS_OF;
export const FAULT_KINDS = Object.keys(OPTIONS_OF) as FaultKind[];

export interface Fault {
  kind: FaultKind;
  /** HTTP status of the answer. Default 503 for `status`, 200 for `html`. */
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a text as it is; no body where absent. */
  body?: unknown;
  /** Milliseconds. Default 1,000; 120,000 for `timeout_after_apply`. */
  delayMs?: number;
  /** How long a system's lists and searches do not show a new record, in milliseconds. Default 5,000. */
  lagMs?: number;
}

export interface FaultRule {
  system: string;
  /** Both optional: an HTTP method, and the beginning of the path below the system's own. */
  match?: { method?: string; path?: string };
  fault: Fault;
  /** So many matching requests pass unharmed first. Default 0. */
  skip?: number;
  /** How many requests it strikes; without end where absent. */
  times?: number;
  /** Share of matching requests it strikes, above 0 up to 1. Default 1. */
  probability?: number;
  /** Makes the share come out the same in every run. */
  seed?: number;
  /** Milliseconds from now until it begins (default 0), and how long it lasts (without end where absent). */
  afterMs?: number;
  durationMs?: number;
  /** The same as moments: milliseconds since the epoch, or ISO 8601. */
  from?: number | string;
  until?: number | string;
}

/** A whole plan of faults; its times run from the moment it is loaded. */
export interface FaultSchedule {
  /** For the faults that have a probability and no seed: the first gets it, the next one more, and so on. */
  seed?: number;
  faults: FaultRule[];
}

/** What is wrong with a fault or a schedule, for whoever wrote it. */
export class FaultError extends Error {}

type Check = (value: unknown) => string | null;

const anything: Check = () => null;
const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? null
      : `must be a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`}`;
const moment: Check = (value) =>
  Number.isFinite(toMoment(value)) ? null : "must be milliseconds since the epoch or an ISO 8601 time";
const share: Check = (value) =>
  typeof value === "number" && value > 0 && value <= 1 ? null : "must be a number above 0, up to 1";
const oneOf =
  (what: string, known: readonly string[]): Check =>
  (value) =>
    known.includes(value as string)
      ? null
      : `must be one of the ${what} ${known.join(", ")}; it is ${JSON.stringify(value)}`;
const method: Check = (value) =>
  typeof value === "string" && METHODS.includes(value.toUpperCase()) ? null : `must be an HTTP method such as POST`;
const path: Check = (value) =>
  typeof value === "string" && value.startsWith("/") ? null : `must be a path below the system's own, from its "/" on`;
const headers: Check = (value) => {
  if (!isObject(value)) return "must be an object of texts";
  for (const [name, entry] of Object.entries(value)) {
    if (typeof entry !== "string") return "must be an object of texts";
    try {
      validateHeaderName(name);
      validateHeaderValue(name, entry);
    } catch {
      return `has something that cannot be sent as a header: ${JSON.stringify(name)}`;
    }
  }
  return null;
};
/** Node's timers take no more. */
const delay = whole(0, 2_147_483_647);

const MATCH: Record<string, Check> = { method, path };
const FAULT: Record<string, Check> = {
  kind: oneOf("kinds", FAULT_KINDS),
  status: whole(200, 599),
  headers,
  body: anything,
  delayMs: delay,
  lagMs: whole(0),
};
const RULE: Record<string, Check> = {
  system: oneOf(
    "systems",
    VENDORS.map(({ code }) => code),
  ),
  match: anything,
  fault: anything,
  skip: whole(0),
  times: whole(1),
  probability: share,
  seed: whole(0),
  afterMs: whole(0),
  durationMs: whole(1),
  from: moment,
  until: moment,
};

/** @throws FaultError naming the place and what is wrong with it */
export function parseFaultRule(value: unknown, place = "fault rule"): FaultRule {
  const rule = checked(value, RULE, ["system", "fault"], place) as unknown as FaultRule;
  if (rule.match !== undefined) checked(rule.match, MATCH, [], `${place}.match`);
  const { kind } = checked(rule.fault, FAULT, ["kind"], `${place}.fault`) as unknown as Fault;
  const options: readonly string[] = OPTIONS_OF[kind];
  for (const name of Object.keys(rule.fault)) {
    if (name === "kind" || options.includes(name)) continue;
    const takes = options.length > 0 ? `it takes ${options.join(", ")}` : "it takes no options";
    throw new FaultError(`${place}.fault: "${kind}" does not take "${name}"; ${takes}.`);
  }
  for (const [one, other] of [
    ["from", "afterMs"],
    ["until", "durationMs"],
  ] as const) {
    if (rule[one] !== undefined && rule[other] !== undefined)
      throw new FaultError(`${place}: give either "${one}" or "${other}".`);
  }
  if (rule.from !== undefined && rule.until !== undefined && toMoment(rule.until) <= toMoment(rule.from))
    throw new FaultError(`${place}: "until" must be later than "from".`);
  if (kind === "search_lag") refuseForStates(rule, place);
  return rule;
}

/** @throws FaultError naming the place and what is wrong with it */
export function parseSchedule(value: unknown): FaultSchedule {
  const known = { seed: whole(0), faults: anything };
  const { seed, faults } = checked(value, known, ["faults"], "schedule") as unknown as FaultSchedule;
  if (!Array.isArray(faults)) throw new FaultError('schedule: "faults" must be a list.');
  const rules = faults.map((fault, index) => parseFaultRule(fault, `schedule.faults[${index}]`));
  return { ...(seed === undefined ? {} : { seed }), faults: rules };
}

export function toMoment(value: unknown): number {
  return typeof value === "number" ? value : typeof value === "string" ? Date.parse(value) : Number.NaN;
}

/** A lag is a state of the system while it lasts, not something that befalls single requests. */
function refuseForStates(rule: FaultRule, place: string): void {
  for (const name of ["match", "skip", "times", "probability", "seed"] as const) {
    if (rule[name] !== undefined) throw new FaultError(`${place}: "search_lag" does not take "${name}".`);
  }
}

function checked(
  value: unknown,
  known: Record<string, Check>,
  required: string[],
  place: string,
): Record<string, unknown> {
  if (!isObject(value)) throw new FaultError(`${place} must be an object.`);
  const names = Object.keys(known);
  for (const [name, entry] of Object.entries(value)) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!check) {
      const meant = nearest(name, names);
      const hint = meant === undefined ? `known are ${names.join(", ")}` : `did you mean "${meant}"?`;
      throw new FaultError(`${place}: there is no "${name}"; ${hint}`);
    }
    const wrong = check(entry);
    if (wrong !== null) throw new FaultError(`${place}: "${name}" ${wrong}.`);
  }
  for (const name of required) if (!(name in value)) throw new FaultError(`${place}: "${name}" is missing.`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
