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
import type { Bench, BenchResult } from "./report";

const WITH_ADDON = "with_addon";
const ANSWER = "HUB_ANSWER ";

/** Durable as a customer's server; what cleans up by itself would do so for one side of a pair. */
const QUIET = { ...DURABLE, autovacuum: "off" };

interface Side {
  median_ms: number;
  queries: number;
}

interface Operation {
  ratio: number;
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
  async run(): Promise<BenchResult> {
    const answer = await measure();
    const result: BenchResult = { name: "capture", ratios: {}, figures: { rules: answer.rules } };
    for (const [name, operation] of Object.entries(answer.operations)) {
      result.ratios[name] = operation.ratio;
      result.figures[`${name}_with_ms`] = operation.with.median_ms;
      result.figures[`${name}_without_ms`] = operation.without.median_ms;
      result.figures[`${name}_with_queries`] = operation.with.queries;
      result.figures[`${name}_without_queries`] = operation.without.queries;
    }
    return result;
  },
};

async function measure(): Promise<Answer> {
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
      return await progress.step("Measuring", () => measureInside(home));
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

async function measureInside(home: OdooHome): Promise<Answer> {
  const input = {
    with: WITH_ADDON,
    without: ODOO_DATABASE,
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
