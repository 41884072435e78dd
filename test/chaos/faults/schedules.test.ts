import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { OPEN_MS } from "../../integration/sidecar/running-hub";
import { parseSchedule } from "../../sandbox/fault-rule";
import { waitFor } from "../../support/wait-for";
import { FaultBench } from "./support/fault-bench";

const SEED = Number(process.env["HUB_SEED"] ?? 4_711);
const FOLDER = path.join(__dirname, "schedules");

/** The shipped schedules, and those that `HUB_FAULT_SCHEDULES` names (files, comma-separated). */
const FILES = [
  ...readdirSync(FOLDER).map((file) => path.join(FOLDER, file)),
  ...(process.env["HUB_FAULT_SCHEDULES"]?.split(",") ?? []),
];

/**
 * Whole schedules of faults, several vendors at a time (TST-11): once they are over, and people have let go what was held for them, all is as
 * if nothing had happened.
 */
describe(`after a schedule of faults (HUB_SEED=${SEED})`, () => {
  let faults: FaultBench;

  beforeAll(async () => {
    faults = await FaultBench.open(SEED);
    await faults.undisturbed();
  }, OPEN_MS);
  afterAll(async () => {
    await faults?.close();
  });

  it.each(FILES.map((file) => [path.basename(file), file]))(
    "%s, all is as if nothing had happened",
    async (_name, file) => {
      const schedule = parseSchedule(JSON.parse(readFileSync(file, "utf8")));
      const { sandbox } = faults.bench;
      const repair = async (): Promise<void> => {
        await waitFor("the schedule to be over", () => sandbox.faults.over(), { timeoutMs: 120_000 });
        // A starting sidecar tries the sign-ins that were refused.
        await faults.startSidecar();
        await faults.sendHeldAgain();
      };
      const run = await faults.run({ schedule, repair, paused: true, withinMs: 120_000 });
      expect(run.state).toEqual(await faults.undisturbed());
      expect(sandbox.faults.list().some(({ struck }) => struck > 0)).toBe(true);
    },
    300_000,
  );
});
