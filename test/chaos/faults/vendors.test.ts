import { OPEN_MS } from "../../integration/sidecar/running-hub";
import type { Fault, FaultRule } from "../../sandbox/fault-rule";
import { waitFor } from "../../support/wait-for";
import { FaultBench, othersThan, type Run } from "./support/fault-bench";
import { RATE_LIMIT_MS, TIMEOUT_MS } from "./support/quick-connectors";
import type { SystemCode } from "./support/story";

const SEED = Number(process.env["HUB_SEED"] ?? 4_711);

/** Records of each kind that are created after the fault began. */
const CREATED_LATE = 3;

/** How long most faults last, in milliseconds: longer than the first quick retries. */
const LASTS = 2_500;

/** Calls that were on the way when the first refusal came, in milliseconds. */
const ON_THE_WAY_MS = 250;

/** Two rounds of what a system takes at the same time. */
const ROUNDS_OF_CALLS = 8;

/** A system's deliveries may take so many times as long while another system is unwell: a machine's own unsteadiness, not seconds. */
const UNAFFECTED = 5;

/**
 * A vendor fails in every way there is, in the middle of a seeded story; afterwards everything is as if nothing had happened (TST-11), and no
 * other system noticed (RES-09).
 */
describe(`while one vendor fails (HUB_SEED=${SEED})`, () => {
  let faults: FaultBench;

  beforeAll(async () => {
    faults = await FaultBench.open(SEED, undefined, CREATED_LATE);
    await faults.undisturbed();
  }, OPEN_MS);
  afterAll(async () => {
    await faults?.close();
  });

  const expectAsIfNothingHappened = async (run: Run, system: SystemCode): Promise<void> => {
    expect(run.state).toEqual(await faults.undisturbed());
    for (const other of othersThan(system)) {
      const { before, after } = run.latency(other);
      expect({ other, slowed: after / before }).toEqual({ other, slowed: expect.any(Number) as number });
      expect(after / before).toBeLessThan(UNAFFECTED);
    }
  };

  const rule = (system: SystemCode, fault: Fault, more: Partial<FaultRule> = {}): FaultRule => ({
    system,
    fault,
    durationMs: LASTS,
    ...more,
  });
  const faultToBeOver = (): Promise<void> => waitFor("the fault to be over", () => faults.bench.sandbox.faults.over());
  const half = { probability: 0.5, seed: SEED };

  it.each<[string, SystemCode, FaultRule[]]>([
    [
      "is down for longer than all quick retries",
      "hubspot",
      [rule("hubspot", { kind: "reset_before" }, { durationMs: 8_000 })],
    ],
    ["answers after the timeout", "asana", [rule("asana", { kind: "slow_answer", delayMs: TIMEOUT_MS * 2 })]],
    ["does the work and drops every second connection", "asana", [rule("asana", { kind: "reset_after_apply" }, half)]],
    ["drops every second connection before reading", "bamboohr", [rule("bamboohr", { kind: "reset_before" }, half)]],
    ["answers 5xx", "bamboohr", [rule("bamboohr", { kind: "status", status: 500 })]],
    ["answers 503 to every second call", "hubspot", [rule("hubspot", { kind: "status", status: 503 }, half)]],
    ["answers HTML in place of JSON", "asana", [rule("asana", { kind: "html" })]],
    ["sends half of its answers", "asana", [rule("asana", { kind: "truncated" }, half)]],
    ["answers with a wrong content type", "bamboohr", [rule("bamboohr", { kind: "wrong_content_type" })]],
    [
      "loses answers while its search lags behind",
      "asana",
      [
        rule("asana", { kind: "reset_after_apply" }, { match: { method: "POST" }, ...half }),
        rule("asana", { kind: "search_lag", lagMs: 800 }, { durationMs: 20_000 }),
      ],
    ],
  ])(
    "%s: %s",
    async (_what, system, list) => {
      const run = await faults.run({ faults: list });
      await expectAsIfNothingHappened(run, system);
      const struck = faults.bench.sandbox.faults.list().filter(({ fault }) => fault.kind !== "search_lag");
      expect(Math.min(...struck.map((one) => one.struck))).toBeGreaterThan(0);
    },
    60_000,
  );

  it.each<[string, SystemCode, Fault, number]>([
    ["the time the vendor names", "hubspot", { kind: "status", status: 429, headers: { "Retry-After": "2" } }, 2_000],
    ["the time the connector knows", "hubspot", { kind: "status", status: 429 }, RATE_LIMIT_MS],
    ["a second where nobody names one", "asana", { kind: "status", status: 429 }, 1_000],
  ])(
    "429: nobody is hammered; it waits for %s",
    async (_what, system, fault, waitMs) => {
      const run = await faults.run({ faults: [rule(system, fault)] });
      await expectAsIfNothingHappened(run, system);
      const refused = run.calls(system).filter(({ status }) => status === 429);
      const first = refused[0]?.at ?? Number.NaN;
      const during = run.calls(system).filter(({ at }) => at > first + ON_THE_WAY_MS && at < first + waitMs);
      expect(during).toEqual([]);
    },
    60_000,
  );

  it("a shape nobody knows: people are asked, and once they let it go again all is as if nothing had happened (D5)", async () => {
    let held = 0;
    const repair = async (): Promise<void> => {
      await faultToBeOver();
      held = await faults.sendHeldAgain();
    };
    const run = await faults.run({ faults: [rule("asana", { kind: "schema_change" })], repair });
    expect(held).toBeGreaterThan(0);
    await expectAsIfNothingHappened(run, "asana");
  }, 60_000);

  it.each<[SystemCode, string]>([
    ["hubspot", "/crm/v3/objects/companies"],
    ["asana", "/projects"],
    ["bamboohr", "/api/v1/employees"],
  ])(
    "%s gives an id twice: no record is taken for another; people decide, and both are linked in the end",
    async (system, path) => {
      let held = 0;
      const repair = async (): Promise<void> => {
        await faultToBeOver();
        held = await faults.sendHeldAgain();
      };
      const fault = rule(system, { kind: "duplicate_id" }, { match: { method: "POST", path } });
      const run = await faults.run({ faults: [fault], repair });
      expect(held).toBeGreaterThan(0);
      await expectAsIfNothingHappened(run, system);
    },
    60_000,
  );

  it("a credential revoked and restored: nothing is lost or tried in vain meanwhile, and it goes on by itself", async () => {
    // The sign-in is tried each minute, and whenever a sidecar starts.
    const repair = async (): Promise<void> => {
      await faultToBeOver();
      await faults.startSidecar();
    };
    const run = await faults.run({ faults: [rule("bamboohr", { kind: "credential_revoked" })], repair, paused: true });
    await expectAsIfNothingHappened(run, "bamboohr");
    const refused = run.calls("bamboohr").filter(({ status }) => status === 401);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThanOrEqual(ROUNDS_OF_CALLS);
  }, 120_000);

  it("and undisturbed, the story ends with every record once, linked and up to date", async () => {
    const state = await faults.undisturbed();
    const lanes = new Set(faults.story.map(({ system, lane }) => `${system} ${lane}`));
    expect(state.links).toHaveLength(lanes.size);
    expect(state.deliveries).toEqual([...lanes].map((lane) => `${lane}: delivered`).sort());
    for (const { lane, version, system, record } of faults.story) {
      const last = faults.story.findLast((step) => step.lane === lane && step.system === system)?.version;
      if (version !== last) continue;
      const found = Object.values(state.remote)
        .flat()
        .filter((text) => text.includes(` ${lane} `) && !text.startsWith("asana/section"));
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(record?.["email"] ?? record?.["job_title"] ?? record?.["name"]);
    }
  });
});
