import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../../support/wait-for";
import type { CallMoment, CallWatch } from "./postgres-gate";
import type { SidecarSlot } from "./sidecar-slot";
import type { RequestMoment, Stopped } from "./vendor-gate";

/** Where a sidecar is killed. */
export const KILL_POINTS = [
  "claimed",
  "request written",
  "vendor committed, answer not read",
  "answer read, not settled",
  "during settle",
  "during drain",
  "while renewing",
] as const;
export type KillPoint = (typeof KILL_POINTS)[number];

/** Longest waits, in milliseconds, for what follows by itself once the first moment has come. */
const RENEWAL_MS = 8_000;
const DRAIN_MS = 8_000;

type Strike = (slot: SidecarSlot, dice: number, patienceMs: number) => Promise<string | null>;

/**
 * Waits for the moment and kills the slot's sidecar there. Answers which variant it was; null when the moment did not come
 * in time, and the sidecar then lives on (or has stopped by itself in a drain).
 */
export async function strike(
  point: KillPoint,
  dice: number,
  slot: SidecarSlot,
  patienceMs: number,
): Promise<string | null> {
  try {
    const variant = await STRIKES[point](slot, dice, patienceMs);
    if (variant !== null) await slot.gone();
    return variant;
  } finally {
    slot.postgres.unwatch();
    slot.vendors.unwatch();
  }
}

const STRIKES: Record<KillPoint, Strike> = {
  claimed: async (slot, _dice, patienceMs) =>
    killAtCall(slot, { name: "claim", moment: "answered", answering: "processing" }, patienceMs),

  "request written": async (slot, dice, patienceMs) => {
    const stopped = await stopWrite(slot, "read", patienceMs, () => slot.kill());
    if (!stopped) return null;
    await slot.gone();
    if (dice < 0.5) stopped.lose();
    else await stopped.go();
    return dice < 0.5 ? "and the vendor never worked on it" : "and the vendor worked on it afterwards";
  },

  "vendor committed, answer not read": async (slot, _dice, patienceMs) => {
    const stopped = await stopWrite(slot, "done", patienceMs, () => slot.kill());
    stopped?.lose();
    return stopped ? "the answer lost" : null;
  },

  "answer read, not settled": async (slot, _dice, patienceMs) =>
    killAtCall(slot, { name: "settle", moment: "asked", containing: "delivered" }, patienceMs),

  "during settle": async (slot, dice, patienceMs) =>
    killAtCall(
      slot,
      { name: "settle", moment: choice<CallMoment>(dice, ["half", "given", "answered"]), containing: "delivered" },
      patienceMs,
    ),

  "during drain": async (slot, dice, patienceMs) => {
    const stopped = await stopWrite(slot, "done", patienceMs, () => slot.ask());
    if (!stopped) return null;
    await waitFor("the sidecar to drain", () => slot.said("hub stopping") || !slot.alive, { timeoutMs: DRAIN_MS });
    if (dice < 0.5) {
      await delay(dice * 200);
      slot.kill();
      stopped.lose();
      return "with a request on the way";
    }
    const moment = choice<CallMoment>((dice - 0.5) * 2, ["asked", "given", "answered"]);
    const settling = killAtCall(slot, { name: "settle", moment, containing: "delivered" }, DRAIN_MS);
    await stopped.go();
    const settled = await Promise.race([settling, slot.gone().then(() => null)]);
    return settled === null ? null : `at its last settle, ${settled}`;
  },

  "while renewing": async (slot, dice, patienceMs) => {
    const stopped = await stopWrite(slot, dice < 0.5 ? "read" : "done", patienceMs, () => undefined);
    if (!stopped) return null;
    const moment = choice<CallMoment>((dice * 2) % 1, ["asked", "given", "answered"]);
    const killed = await killAtCall(slot, { name: "renew", moment }, RENEWAL_MS);
    if (killed === null) await stopped.go();
    else stopped.lose();
    return killed;
  },
};

const IN_WORDS: Record<CallMoment, string> = {
  asked: "asked, and Postgres never saw it",
  half: "asked by half",
  given: "given to Postgres",
  answered: "committed, the answer lost",
};

/** Kills at that moment of the first such call. */
async function killAtCall(slot: SidecarSlot, watch: CallWatch, patienceMs: number): Promise<string | null> {
  return until<string>(
    patienceMs,
    (came) =>
      slot.postgres.watch(watch, () => {
        slot.kill();
        came(IN_WORDS[watch.moment]);
      }),
    () => slot.postgres.unwatch(),
  );
}

/** Stops the first write at that moment; `then` runs in the same instant. */
async function stopWrite(
  slot: SidecarSlot,
  moment: RequestMoment,
  patienceMs: number,
  then: () => void,
): Promise<Stopped | null> {
  return until<Stopped>(
    patienceMs,
    (came) =>
      slot.vendors.watch(moment, (stopped) => {
        then();
        came(stopped);
      }),
    () => slot.vendors.unwatch(),
  );
}

async function until<T>(
  patienceMs: number,
  begin: (came: (value: T) => void) => void,
  giveUp: () => void,
): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      giveUp();
      resolve(null);
    }, patienceMs);
    begin((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

function choice<T>(dice: number, choices: readonly T[]): T {
  return choices[Math.min(choices.length - 1, Math.floor(dice * choices.length))] as T;
}
