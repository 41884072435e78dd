import { KILL_POINTS } from "./kill-points";
import { report } from "./report";
import { runCrashes, type CrashResult } from "./run";

const SEED = Number(process.env["HUB_SEED"] ?? Date.now() % 1_000_000);
const KILLS = 35;
const EVENTS = 600;

/** The run of `npm run chaos` in small: real sidecar processes, a real Postgres with Odoo's tables, vendors of four kinds. */
describe(`${KILLS} kills while two sidecars carry ${EVENTS} changes (HUB_SEED=${SEED})`, () => {
  let result: CrashResult;
  const found = (kind: string): string[] =>
    result.findings.filter((one) => one.kind === kind).map(({ system, lane, what }) => `${system} ${lane} ${what}`);

  beforeAll(async () => {
    const sizes = { seed: SEED, events: EVENTS, kills: KILLS, sidecars: 2, leaseSeconds: 3, restMs: 120_000 };
    result = await runCrashes(sizes);
    if (result.findings.length > 0 || result.troubles.length > 0) console.error(report(result).join("\n"));
  }, 900_000);

  it("are made at every named point", () => {
    expect(new Set(result.killed.map(({ point }) => point))).toEqual(new Set(KILL_POINTS));
    expect(result.killed).toHaveLength(KILLS);
    expect(result.troubles).toEqual([]);
  });
  it("leave every change settled and no lease behind (RES-01)", () => {
    expect(found("not settled")).toEqual([]);
  });
  it("lose nothing: every vendor holds Odoo's last state (RES-01, RES-05)", () => {
    expect(found("lost")).toEqual([]);
  });
  it("double nothing, whatever a vendor can tell about a lost answer (D4, RES-05)", () => {
    expect(found("doubled")).toEqual([]);
  });
  it("reorder nothing within a record (RES-06)", () => {
    expect(found("out of order")).toEqual([]);
  });
  it("leave an audit that adds up: every effect has an attempt that accounts for it", () => {
    expect(found("audit")).toEqual([]);
  });
});
