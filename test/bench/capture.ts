import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { loadMappings } from "../../sidecar/mapping/registry";
import { createDatabase, databaseUrl } from "../stack/database";
import { ADDON, copyAddons } from "../stack/odoo/addon";
import {
  addonsDir,
  ODOO_DATABASE,
  ODOO_ROLE,
  odooArgs,
  odooEnv,
  PYTHON,
  runOdoo,
  writeOdooConfig,
  type OdooHome,
} from "../stack/odoo/command";
import { ensureRuntime } from "../stack/odoo/runtime";
import { copyTemplate, ensureBaseTemplate } from "../stack/odoo/template";
import { asUser } from "../stack/machine/os-user";
import { run } from "../stack/machine/run";
import { createScratchDir, startScratchPostgres } from "../stack/postgres/scratch";
import { DURABLE, withClient } from "../stack/postgres/server";
import { terminalProgress } from "../stack/progress";
import type { Bench, BenchOptions, BenchResult } from "./report";

const WITH_ADDON = "with_addon";
const ANSWER = "HUB_ANSWER ";
/** As many as two quiet cores do in two minutes; `--events` changes it. */
const PAIRS = 400;

/** Durable as a customer's server; what cleans up and writes back by itself would do so for one side of a pair. */
const QUIET = { ...DURABLE, autovacuum: "off", checkpoint_timeout: "1h", max_wal_size: "4GB" };

interface Side {
  median_ms: number;
  cpu_ms: number;
  queries: number;
}

interface Operation {
  ratio: number;
  low: number;
  high: number;
  cpu_ratio: number;
  pairs: number;
  with: Side;
  without: Side;
}

/** What `capture.py` prints. */
interface Answer {
  rules: number;
  operations: Record<string, Operation>;
}

/** What the capture costs Odoo's users: the same work in two databases of one Odoo process, with the addon and without it, in turn. */
export const capture: Bench = {
  name: "capture",
  title: "work in Odoo with the addon and all starter rules ÷ without it",
  async run(options: BenchOptions): Promise<BenchResult> {
    const answer = await measure(options.events ?? PAIRS);
    const result: BenchResult = { name: "capture", ratios: {}, figures: { rules: answer.rules } };
    for (const [name, operation] of Object.entries(answer.operations)) {
      const { ratio, with: withAddon, without, ...figures } = operation;
      result.ratios[name] = ratio;
      for (const [figure, value] of Object.entries(figures)) result.figures[`${name}_${figure}`] = value;
      for (const [side, values] of Object.entries({ with: withAddon, without })) {
        result.figures[`${name}_${side}_ms`] = values.median_ms;
        result.figures[`${name}_${side}_cpu_ms`] = values.cpu_ms;
        result.figures[`${name}_${side}_queries`] = values.queries;
      }
    }
    return result;
  },
};

async function measure(pairs: number): Promise<Answer> {
  const progress = terminalProgress();
  const runtime = await ensureRuntime(progress);
  const template = await ensureBaseTemplate(runtime, { demoData: true });
  const { binaries, user } = runtime;
  const dir = await createScratchDir(user);
  try {
    await copyTemplate(template, dir);
    const data = path.join(dir, "pgdata");
    const server = await startScratchPostgres(binaries, user, data, template.postgresPassword, undefined, QUIET);
    try {
      const home: OdooHome = { source: runtime.source, user, dir };
      await copyAddons(addonsDir(home));
      await writeOdooConfig(home, { postgresPort: server.port, password: template.odooPassword });
      await createDatabase(server.adminUrl, WITH_ADDON, { template: ODOO_DATABASE, owner: ODOO_ROLE });
      await progress.step("Addon installed in one of the two databases", () =>
        runOdoo(home, WITH_ADDON, ["-i", ADDON]),
      );
      for (const database of [ODOO_DATABASE, WITH_ADDON]) await settle(databaseUrl(server.adminUrl, database));
      // A sidecar listens, so what a notification costs with somebody to tell belongs to it.
      return await withClient(databaseUrl(server.adminUrl, WITH_ADDON), async (sidecar) => {
        await sidecar.query("LISTEN integration_hub");
        return await progress.step("Measuring", () => measureInside(home, pairs));
      });
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Both databases start from the same state: an installation leaves behind what the other one does not have to clean up. */
async function settle(url: string): Promise<void> {
  await withClient(url, async (client) => {
    await client.query("VACUUM ANALYZE");
    await client.query("CHECKPOINT");
  });
}

async function measureInside(home: OdooHome, pairs: number): Promise<Answer> {
  const input = {
    with: WITH_ADDON,
    without: ODOO_DATABASE,
    pairs,
    catalogue: loadMappings([path.resolve(__dirname, "../../mappings")]).catalogue(),
  };
  const { stdout } = await run(PYTHON, odooArgs(home, WITH_ADDON, ["--no-http", "--log-level=error"], "shell"), {
    cwd: home.dir,
    env: odooEnv(home, { HUB_INPUT: JSON.stringify(input) }),
    input: await readFile(path.join(__dirname, "capture.py"), "utf8"),
    ...asUser(home.user),
  });
  const answer = stdout.split("\n").findLast((line) => line.startsWith(ANSWER));
  if (answer === undefined) throw new Error(`The measurement gave no answer:\n${stdout}`);
  return JSON.parse(answer.slice(ANSWER.length)) as Answer;
}
