import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Pool } from "pg";
import type { JournalEntry } from "../../sandbox/journal";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { hubspot } from "../../sandbox/vendors/hubspot";
import { createDatabase, databaseUrl, dropDatabase } from "../../stack/database";
import { sandboxCredential, webhookSecretName } from "../../stack/hub-config";
import { freePort } from "../../stack/machine/ports";
import { repoRoot } from "../../stack/machine/paths";
import { OdooApi } from "../../support/odoo-api";
import { SidecarProcess } from "../../support/sidecar-process";
import { installStarterRules } from "../../support/starter-rules";
import { e2eStack } from "./e2e-stack";
import { userOf } from "./inbound";
import { SecondOdoo } from "./second-odoo";

const ODOO_DATABASE = "odoo_loops";
const STORE = "hub_loops";
const PACK = path.join(repoRoot, "mappings");

/** One CRM with an account of its own. */
export interface Crm {
  /** The connection's code. */
  code: string;
  sandbox: Sandbox;
}

/** How far everything about one company has come. */
interface Standing {
  /** What is still to be done about it, in words; empty when it rests. */
  open: string[];
  /** Changes whenever something was done. */
  seen: string;
}

/**
 * Three CRMs that share companies with one Odoo: three connections of one connector, each to a stand-in of its own, a real sidecar, and an
 * Odoo of their own, because other files count what theirs is told. What goes out carries a stored computed field of Odoo's, too:
 * `complete_name` as the description.
 */
export class ThreeCrms {
  private constructor(
    readonly odoo: OdooApi,
    readonly crms: readonly Crm[],
    private readonly database: Pool,
    private readonly store: Pool,
    private readonly closing: (() => Promise<unknown>)[],
  ) {}

  static async open(codes: readonly string[]): Promise<ThreeCrms> {
    const stack = e2eStack();
    const closing: (() => Promise<unknown>)[] = [];
    const opened = async <T>(part: Promise<T>, close: (part: T) => Promise<unknown>): Promise<T> => {
      const made = await part;
      closing.unshift(async () => close(made));
      return made;
    };
    try {
      const { adminUrl, hubUrl, queueUrl } = stack.postgres;
      const second = await opened(SecondOdoo.start(stack, ODOO_DATABASE), async (odoo) => odoo.stop());
      await dropDatabase(adminUrl, STORE);
      const owner = new URL(hubUrl).username;
      await opened(createDatabase(adminUrl, STORE, { template: "template1", owner }), async () =>
        dropDatabase(adminUrl, STORE),
      );
      const crms: Crm[] = [];
      for (const code of codes) {
        const sandbox = await opened(startSandbox({ port: 0, vendors: [hubspot] }), async (one) => one.close());
        crms.push({ code, sandbox });
      }
      const pack = await opened(packWithDescription(), async (folder) => rm(folder, { recursive: true }));
      const door = await freePort();
      const doorUrl = `http://127.0.0.1:${door}`;
      // The configuration refers to secrets, and never holds one.
      const secrets = path.join(path.dirname(stack.sidecar.configFile), "secrets");
      const secretUrl = async (name: string, url: string): Promise<string> => {
        const file = path.join(secrets, name);
        await opened(writeFile(file, url, { mode: 0o600 }), async () => rm(file));
        return `file:${file}`;
      };
      const queueUrlFile = await secretUrl("loops-queue-url", databaseUrl(queueUrl, ODOO_DATABASE));
      const storeUrlFile = await secretUrl("loops-store-url", databaseUrl(hubUrl, STORE));
      const start = SidecarProcess.start(stack, (config) => {
        const { url, database } = second.stack.odoo;
        const like = config["systems"]?.["hubspot"] as object;
        config["odoo"] = { ...config["odoo"], url, database, queue_url: queueUrlFile };
        config["store"] = { url: storeUrlFile };
        config["inbound"] = { ...config["inbound"], port: door, public_url: doorUrl };
        config["mappings"] = { dirs: [PACK, pack] };
        config["systems"] = Object.fromEntries(
          crms.map(({ code, sandbox }) => [
            code,
            { ...structuredClone(like), connector: "hubspot", base_url: `${sandbox.url}/hubspot` },
          ]),
        );
      });
      await opened(start, async (sidecar) => sidecar.stop());
      const odoo = await OdooApi.signIn(second.stack);
      await setUp(odoo, codes);
      const secret = sandboxCredential("hubspot", (await webhookSecretName("hubspot")) ?? "");
      for (const { code, sandbox } of crms)
        sandbox.webhooks.subscribe({ system: "hubspot", url: `${doorUrl}/webhooks/${code}`, secret });
      const pool = async (url: string): Promise<Pool> =>
        opened(Promise.resolve(new Pool({ connectionString: url })), async (one) => one.end());
      const database = await pool(databaseUrl(adminUrl, ODOO_DATABASE));
      return new ThreeCrms(odoo, crms, database, await pool(databaseUrl(hubUrl, STORE)), closing);
    } catch (error) {
      for (const close of closing) await close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const close of this.closing) await close();
  }

  /** A company of Odoo's that all of them have; answers its ids there, by connection. */
  async share(partner: number): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.database.query<{ code: string; external_id: string }>(
      `SELECT s.code, l.external_id FROM integration_link l JOIN integration_system s ON s.id = l.system_id
       WHERE l.model = 'res.partner' AND l.res_id = $1 AND l.active`,
      [partner],
    );
    return new Map(rows.map(({ code, external_id: id }) => [code, id]));
  }

  /** What was written to the company there, oldest first. */
  written(crm: Crm, id: string): JournalEntry[] {
    return crm.sandbox.journal.list("hubspot").filter(({ remoteId }) => remoteId === id);
  }

  /** How far everything about a company has come: on its way out, told by a CRM, kept at the door, on its way in. */
  async standing(partner: number, ids: ReadonlyMap<string, string>): Promise<Standing> {
    const open: string[] = [];
    const seen: unknown[] = [];
    for (const crm of this.crms) {
      const id = ids.get(crm.code) ?? "";
      const told = crm.sandbox.webhooks.list("hubspot").filter((one) => one.id === id);
      const untaken = told.filter(({ status }) => status === null || status >= 300);
      if (untaken.length > 0) open.push(`${crm.code}: ${untaken.length} webhooks`);
      seen.push(told.length, this.written(crm, id).length);
    }
    const notices = await this.store.query<{ system: string; open: boolean; n: number }>(
      `SELECT system, done_at IS NULL AS open, count(*)::int AS n FROM hub.inbox
       WHERE (system, external_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) GROUP BY 1, 2 ORDER BY 1, 2`,
      [[...ids.keys()], [...ids.values()]],
    );
    for (const row of notices.rows) if (row.open) open.push(`${row.system}: ${row.n} notices`);
    const deliveries = await this.database.query<{ id: number; code: string; direction: string; state: string }>(
      `SELECT d.id, s.code, d.direction, d.state FROM integration_delivery d JOIN integration_system s ON s.id = d.system_id
       WHERE d.model = 'res.partner' AND d.res_id = $1 ORDER BY d.id`,
      [partner],
    );
    const over = ["delivered", "superseded", "cancelled", "held"];
    for (const { id, code, direction, state } of deliveries.rows)
      if (!over.includes(state)) open.push(`${code}: delivery ${id} ${direction} ${state}`);
    return { open, seen: JSON.stringify([seen, notices.rows, deliveries.rows]) };
  }
}

/** The connections' users, and the rule that tells all of them of companies. */
async function setUp(odoo: OdooApi, codes: readonly string[]): Promise<void> {
  await installStarterRules(odoo);
  const systems: number[] = [];
  for (const code of codes) {
    const found = await odoo.search("integration.system", [["code", "=", code]]);
    await odoo.write("integration.system", found, { api_user_id: await userOf(odoo, code, "hubspot") });
    systems.push(...found);
  }
  const [rule] = await odoo.read<{ id: number; system_ids: number[] }>(
    "integration.rule",
    [["code", "=", "customer_changed"]],
    ["id", "system_ids"],
  );
  await odoo.write("integration.rule", [rule?.id ?? 0], { system_ids: [[6, 0, systems]] });
}

/** A folder that is laid over the shipped mappings: the computed name of a company is what CRMs show as its description. */
async function packWithDescription(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "hub-loops-"));
  const lines: Record<string, object> = {
    "odoo/customer.json": { to: "reference", from: "complete_name" },
    "systems/hubspot/mappings/customer.json": { to: "properties.description", from: "reference" },
  };
  for (const [file, line] of Object.entries(lines)) {
    const mapping = JSON.parse(await readFile(path.join(PACK, file), "utf8")) as { lines: { to: string }[] };
    const others = mapping.lines.filter(({ to }) => to !== (line as { to: string }).to);
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), JSON.stringify({ ...mapping, lines: [...others, line] }));
  }
  return folder;
}
