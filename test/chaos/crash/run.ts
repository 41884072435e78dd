import { setTimeout as delay } from "node:timers/promises";
import { collectFacts } from "./facts";
import { strike, type KillPoint } from "./kill-points";
import { Person } from "./person";
import { changeOf, makePlan, type Plan, type PlannedKill } from "./plan";
import { CrashScene, type SceneOptions } from "./scene";
import type { SidecarSlot } from "./sidecar-slot";
import { account, verify, type Account, type Finding } from "./verify";

export interface CrashOptions extends SceneOptions {
  seed: number;
  events: number;
  kills: number;
  /** How long the queue may take to come to rest after the last kill, in milliseconds. */
  restMs: number;
}

export interface CrashResult {
  plan: Plan;
  killed: { point: KillPoint; variant: string }[];
  events: number;
  findings: Finding[];
  account: Account;
  person: { linked: number; sent: number };
  /** What else went wrong: kills that could not be made, sidecars that ended by themselves. */
  troubles: string[];
  seconds: number;
}

/** How long a sidecar is watched for its moment before it is asked whether there is work at all. */
const PATIENCE_MS = 3_000;
/** Between two changes while a sidecar is up: it gets work when it can be hit, and not while it starts. */
const CHANGE_EVERY_MS = 20;

/**
 * Runs the whole story: changes in Odoo, sidecars that are killed all the time, rest, and the comparison. Interrupted, it
 * leaves no process behind and throws.
 */
export async function runCrashes(
  options: CrashOptions,
  tell: (line: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<CrashResult> {
  const run = new CrashRun(options, tell);
  const interrupted = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(new Error("The run was interrupted.")), { once: true });
  });
  const opened = run.open();
  try {
    await Promise.race([opened, interrupted]);
    return await Promise.race([run.go(), interrupted]);
  } finally {
    // What is just being started is there to be closed only when it has started.
    await opened.catch(() => undefined);
    await run.close();
  }
}

class CrashRun {
  private readonly plan: Plan;
  private readonly waiting: PlannedKill[];
  private readonly killed: CrashResult["killed"] = [];
  private readonly troubles: string[] = [];
  /** The delivery of each event written so far. */
  private readonly ids: number[] = [];
  private scene!: CrashScene;
  private person!: Person;
  /** Events that may be written by now: work is there for every kill, and lasts until the last one. */
  private allowed = 0;
  /** Sidecars that are up. */
  private watched = 0;
  private killsDone = false;
  private closed = false;

  constructor(
    private readonly options: CrashOptions,
    private readonly tell: (line: string) => void,
  ) {
    this.plan = makePlan(options.seed, options.events, options.kills);
    this.waiting = [...this.plan.kills];
  }

  async open(): Promise<void> {
    this.tell("starting Postgres with Odoo's tables, the vendors, and the sidecars …");
    this.scene = await CrashScene.open(this.options);
    this.person = new Person(this.scene.database.owner, this.scene.sandbox.store);
  }

  async go(): Promise<CrashResult> {
    const { seed, kills } = this.options;
    this.tell(`seed ${seed}: ${this.plan.events.length} events, ${kills} kills, schedule ${this.plan.fingerprint}`);
    const startedAt = Date.now();
    this.person.start();
    this.allow(this.options.sidecars + 2);
    const writing = this.write();
    // Awaited below; a run that fails or is interrupted meanwhile does not wait for it.
    writing.catch(() => undefined);
    await Promise.all(this.scene.slots.map((slot) => this.killAgainAndAgain(slot)));
    this.killsDone = true;
    await writing;
    this.tell(`${this.killed.length} kills done after ${secondsSince(startedAt)} s; waiting for everything to settle`);
    await this.rest();
    await this.stopSidecars();
    await this.person.stop();
    const { database, sandbox } = this.scene;
    const facts = await collectFacts(this.plan, this.ids, database.owner, sandbox);
    return {
      plan: this.plan,
      killed: this.killed,
      events: facts.deliveries.length,
      findings: verify(facts),
      account: account(facts),
      person: { linked: this.person.linked, sent: this.person.sent },
      troubles: [...this.troubles, ...this.scene.slots.flatMap((slot) => slot.accidents)],
      seconds: secondsSince(startedAt),
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.person?.stop().catch(() => undefined);
    await this.scene?.close();
  }

  /** The changes, one after the other as users make them, while somebody is there to be killed over them. */
  private async write(): Promise<void> {
    for (const event of this.plan.events) {
      while (!this.closed && !this.killsDone) {
        await delay(CHANGE_EVERY_MS);
        if (this.watched > 0 && this.ids.length < this.allowed) break;
      }
      if (this.closed) return;
      this.ids.push(await this.scene.database.fixture.change(changeOf(event)));
    }
  }

  /** As many events as `kills` more kills need. */
  private allow(kills: number): void {
    const { length } = this.plan.events;
    const share = length / Math.max(1, this.options.kills);
    this.allowed = Math.min(length, Math.max(this.allowed, Math.ceil((this.killed.length + kills) * share)));
  }

  private async killAgainAndAgain(slot: SidecarSlot): Promise<void> {
    for (let planned = this.waiting.shift(); planned; planned = this.waiting.shift()) {
      const variant = await this.killOnce(slot, planned);
      if (variant === null) {
        this.troubles.push(`no kill "${planned.point}" could be made: nothing was left to do`);
        continue;
      }
      this.killed.push({ point: planned.point, variant });
      this.allow(this.options.sidecars + 2);
      if (this.killed.length % 10 === 0) this.tell(`${this.killed.length} kills, ${this.ids.length} events`);
    }
    if (!this.closed) await slot.start();
  }

  private async killOnce(slot: SidecarSlot, { point, dice }: PlannedKill): Promise<string | null> {
    while (!this.closed) {
      await slot.start();
      this.watched += 1;
      await this.untilItsTurn();
      const variant = await strike(point, dice, slot, PATIENCE_MS);
      this.watched -= 1;
      if (variant !== null) return variant;
      if (this.ids.length < this.plan.events.length) this.allow(this.options.sidecars + 6);
      if ((await this.scene.unfinished()) === 0 && this.ids.length >= this.plan.events.length) return null;
    }
    return null;
  }

  /** The kills are spread over all the events, not crowded into the first ones. */
  private async untilItsTurn(): Promise<void> {
    const share = this.plan.events.length / Math.max(1, this.options.kills);
    while (!this.closed && this.ids.length < Math.floor(this.killed.length * share)) await delay(CHANGE_EVERY_MS);
  }

  private async rest(): Promise<void> {
    const deadline = Date.now() + this.options.restMs;
    while ((await this.scene.unfinished()) > 0 && Date.now() < deadline) await delay(200);
  }

  private async stopSidecars(): Promise<void> {
    for (const slot of this.scene.slots) slot.ask();
    for (const slot of this.scene.slots) {
      const code = await slot.gone();
      if (code !== 0) this.troubles.push(`a sidecar that was asked to stop ended with ${code}`);
    }
  }
}

function secondsSince(moment: number): number {
  return Math.round((Date.now() - moment) / 1000);
}
