import { spawn, type ChildProcess } from "node:child_process";
import { databaseUrl, dropDatabase } from "../../stack/database";
import { asUser } from "../../stack/machine/os-user";
import { freePort, HOST } from "../../stack/machine/ports";
import { answersOk, waitUntil } from "../../stack/machine/wait";
import { odooArgs, odooEnv, PYTHON } from "../../stack/odoo/command";
import { ensureRuntime } from "../../stack/odoo/runtime";
import { copyDatabaseInUse } from "../../stack/postgres/without-connections";
import { silent } from "../../stack/progress";
import type { StackState } from "../../stack/state";

const READY_MS = 60_000;

/** A second Odoo on the stack's Postgres: a process of its own on a copy of the stack's database, without a sidecar. */
export class SecondOdoo {
  private constructor(
    private readonly child: ChildProcess,
    /** The stack as it would describe itself with this Odoo. */
    readonly stack: StackState,
  ) {}

  /** The stack's own Odoo loses its connections to the database for a moment. */
  static async start(stack: StackState, database: string): Promise<SecondOdoo> {
    await dropDatabase(databaseServer(stack), database);
    await copyDatabaseInUse(stack.postgres.adminUrl, stack.odoo.database, database);
    const { source, user } = await ensureRuntime(silent);
    const port = await freePort();
    const home = { source, user, dir: stack.dir };
    const args = odooArgs(home, database, ["--max-cron-threads=0", `--http-port=${port}`]);
    const child = spawn(PYTHON, args, { cwd: stack.dir, env: odooEnv(home), stdio: "ignore", ...asUser(user) });
    const url = `http://${HOST}:${port}`;
    await waitUntil("the second Odoo", async () => answersOk(`${url}/web/login`), {
      timeoutMs: READY_MS,
      gaveUp: () => (child.exitCode === null ? undefined : `it ended with ${child.exitCode}`),
    });
    return new SecondOdoo(child, { ...stack, odoo: { ...stack.odoo, url, database } });
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    if (this.child.exitCode === null && this.child.kill("SIGTERM")) await gone;
    await dropDatabase(databaseServer(this.stack), this.stack.odoo.database);
  }
}

/** The server's own database: Odoo's cannot be dropped by somebody who is connected to it. */
const databaseServer = ({ postgres }: StackState): string => databaseUrl(postgres.adminUrl, "postgres");
