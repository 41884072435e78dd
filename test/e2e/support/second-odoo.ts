import { spawn, type ChildProcess } from "node:child_process";
import { Client } from "pg";
import { databaseUrl } from "../../stack/database";
import { asUser } from "../../stack/machine/os-user";
import { freePort, HOST } from "../../stack/machine/ports";
import { answersOk, waitUntil } from "../../stack/machine/wait";
import { odooArgs, odooEnv, PYTHON } from "../../stack/odoo/command";
import { ensureRuntime } from "../../stack/odoo/runtime";
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
    await copyDatabase(stack, database);
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
    await onServer(this.stack, async (client) => drop(client, this.stack.odoo.database));
  }
}

async function copyDatabase({ postgres, odoo }: StackState, copy: string): Promise<void> {
  await onServer({ postgres }, async (client) => {
    await drop(client, copy);
    await client.query(`ALTER DATABASE "${odoo.database}" ALLOW_CONNECTIONS false`);
    try {
      await client.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", [
        odoo.database,
      ]);
      const { rows } = await client.query<{ owner: string }>(
        "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1",
        [odoo.database],
      );
      await client.query(
        `CREATE DATABASE "${copy}" TEMPLATE "${odoo.database}" OWNER "${rows[0]?.owner}" STRATEGY FILE_COPY`,
      );
    } finally {
      await client.query(`ALTER DATABASE "${odoo.database}" ALLOW_CONNECTIONS true`);
    }
  });
}

async function drop(client: Client, database: string): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
}

async function onServer(
  { postgres }: Pick<StackState, "postgres">,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client({ connectionString: databaseUrl(postgres.adminUrl, "postgres") });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
