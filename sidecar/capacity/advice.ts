import type { Call } from "./cost";
import { inWords } from "./durations";
import { predict, requestsNeeded, utilisation, type BucketUse, type Prediction, type SystemLoad } from "./model";

/** A limit that does not suffice, or hardly does: what, and what to do about it. */
export interface Finding {
  severity: "insufficient" | "tight";
  /** `null` when no vendor's quota is what holds it up. */
  bucket: string | null;
  /** How many times what is allowed would be needed. */
  shortBy: number;
  message: string;
  hint: string;
}

export interface Goal {
  /** The system's name for people. */
  name: string;
  /** From the first record's arrival to the last answer. */
  mayTakeSeconds: number;
  recordsPerSecond: number;
  /** Calls of one period of what comes again, by bucket. */
  recurring: readonly { bucket: string; calls: number; everySeconds: number }[];
}

/** Above this share of a quota there is no room left for a bad day. */
const TIGHT = 0.8;

export function findings(system: SystemLoad, prediction: Prediction, goal: Goal): Finding[] {
  const found = prediction.buckets.flatMap((use) => [
    ...tooSmall(system, use, prediction, goal),
    ...neverCatchesUp(use, goal),
  ]);
  if (found.length > 0 || prediction.expectedSeconds <= goal.mayTakeSeconds) return found;
  return tooSlow(system, prediction, goal);
}

/** The quota alone makes it take longer than it may. */
function tooSmall(system: SystemLoad, use: BucketUse, prediction: Prediction, goal: Goal): Finding[] {
  const { mayTakeSeconds, name } = goal;
  const alone = use.minimumSeconds > mayTakeSeconds;
  const together = prediction.expectedSeconds > mayTakeSeconds && prediction.bound.bucket === use.bucket;
  if (!alone && !together) return [];
  const needed = Math.max(use.requests + 1, requestsNeeded(use.calls, use, mayTakeSeconds));
  return [
    {
      severity: "insufficient",
      bucket: use.bucket,
      shortBy: needed / use.requests,
      message:
        `${name} allows ${count(use.requests)} requests in ${inWords(use.perMs / 1000)}; ${count(use.calls)} are needed, ` +
        `which takes ${inWords(prediction.expectedSeconds)} instead of ${inWords(mayTakeSeconds)}.`,
      hint: [
        ...wholeBatches(system, use),
        `Or let it take ${inWords(Math.max(prediction.expectedSeconds, use.minimumSeconds))}.`,
        `Or ask ${name} for ${count(needed)} requests in ${inWords(use.perMs / 1000)}.`,
      ].join(" "),
    },
  ];
}

/** What comes again in each period needs more than the quota gives in one. */
function neverCatchesUp(use: BucketUse, goal: Goal): Finding[] {
  const mine = goal.recurring.filter(({ bucket }) => bucket === use.bucket);
  const share = mine.reduce((sum, { calls, everySeconds }) => sum + utilisation(calls, everySeconds, use), 0);
  if (share < TIGHT) return [];
  const over = share > 1;
  return [
    {
      severity: over ? "insufficient" : "tight",
      bucket: use.bucket,
      shortBy: share,
      message: over
        ? `What comes again needs ${share.toFixed(1)} times what ${goal.name} allows: the backlog grows without end.`
        : `What comes again uses ${Math.round(share * 100)} % of what ${goal.name} allows: one bad day and it falls behind.`,
      hint: `Send less often, or ask ${goal.name} for ${count(Math.ceil((use.requests * share) / TIGHT))} requests in ${inWords(use.perMs / 1000)}.`,
    },
  ];
}

/** No quota holds it up, and still it takes too long. */
function tooSlow(system: SystemLoad, prediction: Prediction, goal: Goal): Finding[] {
  const { expectedSeconds, bound } = prediction;
  if (bound.by === "arrival") return [];
  const took = `${goal.name} takes ${inWords(expectedSeconds)} instead of ${inWords(goal.mayTakeSeconds)}`;
  const shortBy = expectedSeconds / goal.mayTakeSeconds;
  if (bound.by === "hub")
    return [
      {
        severity: "insufficient",
        bucket: null,
        shortBy,
        message: `${took}, because the sidecars carry ${count(goal.recordsPerSecond)} records a second.`,
        hint: `Run ${Math.ceil(shortBy)} sidecars for each one now, on cores of their own.`,
      },
    ];
  const wider = predict({ ...system, concurrency: system.concurrency * 2 }, goal.recordsPerSecond);
  return [
    {
      severity: "insufficient",
      bucket: null,
      shortBy,
      message: `${took}, because ${system.concurrency} requests at a time wait ${inWords(system.answerMs / 1000)} for their answers.`,
      hint: `Raise the connection's concurrency where ${goal.name} allows it: twice as much brings it to ${inWords(wider.expectedSeconds)}.`,
    },
  ];
}

/** Records that go one by one are what a batch would help with. */
function wholeBatches(system: SystemLoad, use: BucketUse): string[] {
  const single = system.loads.flatMap((load) => load.calls).filter((call) => call.bucket === use.bucket);
  const names = [...new Set(single.filter((call: Call) => call.batch === 1).map(({ what }) => what))];
  if (names.length === 0) return [];
  return [`Use a batch of the vendor's in the connector for what goes one by one now (${names.join(", ")}).`];
}

function count(value: number): string {
  return Math.ceil(value).toLocaleString("en");
}
