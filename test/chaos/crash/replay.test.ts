import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ReplayJob } from "../../../sidecar/odoo/queue";
import { waitFor } from "../../support/wait-for";
import { collectFacts } from "./facts";
import { strike } from "./kill-points";
import { changeOf, type Plan, type PlannedEvent } from "./plan";
import type { CallMoment } from "./postgres-gate";
import { CrashScene } from "./scene";
import type { SidecarSlot } from "./sidecar-slot";
import { writeMappings } from "./systems";
import { verify, type Facts } from "./verify";

const RECORDS = 1_000;
/** What a step of a job queues. */
const STEP = 500;
/** Each tells in another way what became of a create whose answer was lost: the same again, a key it remembers, a late search. */
const SYSTEMS = ["ledger_upsert", "ledger_window", "ledger_search"] as const;
const PATIENCE_MS = 30_000;

/** 1,000 new records for three vendors were held for a wrong mapping; it is mended, and one job sends them all again. */
describe("a sidecar killed in the middle of 1,000 replays (RES-04, RES-05)", () => {
  const plan = newRecords();
  let scene: CrashScene;
  let slot: SidecarSlot;
  let ids: number[];
  const progress: Pick<ReplayJob, "state" | "total" | "queued" | "skipped">[] = [];
  let facts: Facts;

  beforeAll(async () => {
    scene = await CrashScene.open({ sidecars: 1, leaseSeconds: 3 });
    [slot] = scene.slots as [SidecarSlot];
    await holdAll();
    const job = await startJob();
    await killAtStep("answered");
    await noteProgress(job);
    await killAtStep("asked");
    await noteProgress(job);
    for (const point of ["vendor committed, answer not read", "answer read, not settled"] as const) {
      await slot.start();
      expect(await strike(point, 0, slot, PATIENCE_MS)).not.toBeNull();
    }
    await slot.start();
    await waitFor("everything to be delivered", async () => (await scene.unfinished()) === 0, { timeoutMs: 180_000 });
    await noteProgress(job);
    facts = await collectFacts(plan, ids, scene.database.owner, scene.sandbox);
  }, 600_000);
  afterAll(async () => {
    await scene?.close();
  });

  it("leaves the job where it was, and the next one goes on from there", () => {
    const [afterStep, atNextStep, ended] = progress;
    // The first step was committed, though the killed sidecar never knew; the second never came to Postgres.
    expect(afterStep).toEqual({ state: "running", total: RECORDS, queued: STEP, skipped: 0 });
    expect(atNextStep).toEqual(afterStep);
    expect(ended).toEqual({ state: "done", total: RECORDS, queued: RECORDS, skipped: 0 });
  });
  it("queues every delivery again exactly once", () => {
    const askedFor = facts.deliveries.map(({ attempts }) => attempts.filter((one) => one === "sent_again").length);
    expect(askedFor).toEqual(Array.from({ length: RECORDS }, () => 1));
  });
  it("gives each record exactly one creation at its vendor, and an audit that adds up", () => {
    expect(facts.deliveries).toHaveLength(RECORDS);
    expect(facts.effects.filter(({ effect }) => effect === "created")).toHaveLength(RECORDS);
    expect(verify(facts)).toEqual([]);
  });

  /** Every record is held, because the mappings ask for what nobody has; then the mappings are mended. */
  async function holdAll(): Promise<void> {
    for (const system of SYSTEMS) {
      const file = path.join(scene.mappings, "systems", system, "mappings", "customer.json");
      const mapping = JSON.parse(readFileSync(file, "utf8")) as { lines: object[] };
      mapping.lines.push({ to: "tax_id", from: "taxId", required: true });
      writeFileSync(file, JSON.stringify(mapping));
    }
    ids = [];
    for (const event of plan.events) ids.push(await scene.database.fixture.change(changeOf(event)));
    await slot.start();
    const held = async (): Promise<boolean> =>
      (await scene.database.fixture.states(ids)).every((state) => state === "held");
    await waitFor("everything to be held", held, { timeoutMs: 120_000, everyMs: 200 });
    slot.ask();
    await slot.gone();
    writeMappings(scene.mappings);
  }

  async function startJob(): Promise<number> {
    const order = { filter: { states: ["held" as const] }, mode: "same" as const, force: true, most: null };
    return scene.database.queue.startReplay({ ...order, requestedBy: "operator" });
  }

  async function killAtStep(moment: CallMoment): Promise<void> {
    const answering = moment === "answered" ? { answering: "same" } : {};
    const struck = new Promise<void>((resolve) => {
      slot.postgres.watch({ name: "replay_step", moment, ...answering }, () => {
        slot.kill();
        resolve();
      });
    });
    await slot.start();
    await struck;
    await slot.gone();
  }

  async function noteProgress(job: number): Promise<void> {
    const [now] = await scene.database.queue.replayJobs([job], 1);
    if (!now) throw new Error(`There is no replay job ${job}.`);
    const { state, total, queued, skipped } = now;
    progress.push({ state, total, queued, skipped });
  }
});

function newRecords(): Plan {
  const events = Array.from({ length: RECORDS }, (_, n): PlannedEvent => {
    const system = SYSTEMS[n % SYSTEMS.length] ?? SYSTEMS[0];
    return { system, lane: `res.partner,${n + 1}`, operation: "create", revision: 1, coalesce: true, account: null };
  });
  const expected = events.map(({ system, lane, revision, account }) => {
    return { system, lane, type: "account" as const, revision, account, mustArrive: [revision] };
  });
  return { seed: 0, events, expected, kills: [], fingerprint: "" };
}
