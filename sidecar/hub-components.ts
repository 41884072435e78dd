import type { Component } from "./admin/readiness";
import { toFailure, type Failure } from "./domain/errors";
import type { Hub } from "./hub";
import type { Poller } from "./inbound/poller";
import type { SystemState } from "./odoo/queue";
import { storeFault } from "./store/database";

/** Asks every part how it is, for readiness and for `hub check`. A part that does not answer is not ready; none throws. */
export async function readComponents(hub: Hub): Promise<Component[]> {
  if (hub.waitingFor) return [broken("start", true, hub.waitingFor)];
  const components: Component[] = [];
  let systems: SystemState[] = [];
  try {
    systems = await hub.queue.systems();
    components.push({ name: "queue", ok: true, required: true, message: `answers (${hub.config.odoo.transport})` });
  } catch (thrown) {
    components.push(broken("queue", true, toFailure(thrown)));
  }
  components.push(mappings(hub), odoo(hub), await store(hub), ...(await storeKey(hub)));
  for (const pump of hub.pumps) {
    const known = systems.find((system) => system.code === pump.code);
    components.push(system(pump.status(), known));
  }
  for (const worker of hub.inbound?.workers ?? []) {
    const paused = systems.find(({ code }) => code === worker.system)?.state === "paused";
    components.push(incoming(worker, paused));
  }
  for (const poller of hub.inbound?.pollers ?? []) components.push(await listed(poller, hub.config.polling.minutes));
  return components;
}

function incoming({ system, failure }: { system: string; failure: Failure | null }, paused: boolean): Component {
  const name = `incoming ${system}`;
  if (failure) return broken(name, false, failure);
  return { name, ok: true, required: false, message: paused ? "its notices wait: the system is paused" : "taken" };
}

/** Looks at changes in a row that may fail before it is said: vendors are away for a moment every day. */
const LOOKS_MISSED = 3;

/** Whether what changed in a system without a webhook is found. */
async function listed(poller: Poller, minutes: number): Promise<Component> {
  const part = { name: `changes ${poller.system}`, required: false };
  try {
    const failing = (await poller.failing()).filter(({ seconds }) => seconds >= LOOKS_MISSED * minutes * 60);
    if (failing.length === 0)
      return { ...part, ok: true, message: minutes === 0 ? "looked for when asked" : "looked for" };
    const lists = failing.map(
      ({ object, since, failure }) => `${object} since ${since.toISOString()}: ${failure.message}`,
    );
    const message = `what no webhook tells of is not found: ${lists.join("; ")}`;
    return { ...part, ok: false, message, hint: failing[0]?.failure.hint ?? "" };
  } catch (thrown) {
    return broken(part.name, false, storeFault(thrown).failure);
  }
}

function mappings({ releases, settingsProblem }: Hub): Component {
  if (releases.problem) return broken("mappings", false, releases.problem.failure);
  if (settingsProblem) return broken("mappings", false, settingsProblem);
  const { number } = releases.current;
  return { name: "mappings", ok: true, required: false, message: number === 0 ? "as shipped" : `release ${number}` };
}

function odoo(hub: Hub): Component {
  const part = { name: "odoo", required: false };
  if (!hub.records) {
    return {
      ...part,
      ok: true,
      message: "no API key: nothing is published, asked for or written back",
      hint: "Set odoo.api_key.",
    };
  }
  if (hub.catalogue.failure) return broken("odoo", false, hub.catalogue.failure);
  return { ...part, ok: true, message: hub.catalogue.failure === null ? "catalogue published" : "not asked yet" };
}

async function store(hub: Hub): Promise<Component> {
  const part = { name: "store", required: false };
  if (!hub.store) return { ...part, ok: true, message: "none: this sidecar must be the only one" };
  try {
    await hub.store.raw("SELECT 1");
    const others = (hub.shared?.members ?? 1) - 1;
    return { ...part, ok: true, message: others === 0 ? "answers" : `answers; ${others} more of us` };
  } catch {
    return {
      ...part,
      ok: false,
      message:
        "the hub's own database does not answer; meanwhile jobs run in every sidecar, and each keeps to its share of rate limits",
      hint: "Check store.url.",
    };
  }
}

/** Said only of a key that does not fit: of a store that is away, its own part speaks. */
async function storeKey(hub: Hub): Promise<Component[]> {
  try {
    await hub.checkStoreKey();
    return [];
  } catch (thrown) {
    const failure = toFailure(thrown);
    return failure.kind === "credential" ? [broken("store key", false, failure)] : [];
  }
}

function system(
  status: { code: string; breaker: string; retryAt: Date | null; claimFailure: Failure | null; inFlight: number },
  known: SystemState | undefined,
): Component {
  const name = `system ${status.code}`;
  if (!known) {
    return {
      name,
      ok: false,
      required: false,
      message: "Odoo does not know this system",
      hint: "It appears once the catalogue is published; unarchive it in Odoo if it was archived.",
    };
  }
  if (status.claimFailure) return broken(name, false, status.claimFailure);
  if (known.state === "paused") {
    const until = known.pausedUntil ? ` until ${known.pausedUntil.toISOString()}` : "";
    const message = `paused (${known.pauseKind ?? "manual"})${until}: ${known.pauseReason ?? "no reason given"}`;
    return { name, ok: false, required: false, message, hint: "Its deliveries wait unharmed; resume it in Odoo." };
  }
  if (status.breaker === "open") {
    const again = status.retryAt ? ` until ${status.retryAt.toISOString()}` : "";
    return { name, ok: false, required: false, message: `does not answer; calls are stopped${again}` };
  }
  return { name, ok: true, required: false, message: `delivering, ${status.inFlight} in flight` };
}

function broken(name: string, required: boolean, failure: Failure): Component {
  return { name, ok: false, required, message: failure.message, hint: failure.hint };
}
