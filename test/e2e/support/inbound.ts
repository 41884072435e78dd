import { sandboxCredential, webhookSecretName } from "../../stack/hub-config";
import { withClient } from "../../stack/postgres/server";
import { OdooApi } from "../../support/odoo-api";
import { SandboxControl } from "../../support/sandbox-control";
import { installStarterRules } from "../../support/starter-rules";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "./e2e-stack";
import { Exchanges } from "./exchanges";

/** What the Odoo user of each system may do there: what its mappings write, and no more. */
const GROUPS: Record<string, string[]> = {
  hubspot: ["base.group_partner_manager", "sales_team.group_sale_salesman_all_leads"],
  docusign: ["sales_team.group_sale_salesman_all_leads"],
  bamboohr: ["hr.group_hr_user", "hr_holidays.group_hr_holidays_user"],
  clockify: ["hr_timesheet.group_hr_timesheet_approver", "hr_expense.group_hr_expense_user"],
};

/** A row about something that came in, as a user sees it. */
export interface IncomingRow {
  id: number;
  state: string;
  event_type: string;
  model: string | false;
  res_id: number;
  error_code: string | false;
  error_field: string | false;
  error_message: string | false;
}

const ROW = ["id", "state", "event_type", "model", "res_id", "error_code", "error_field", "error_message"] as const;
const OPEN = ["received", "waiting"];

/**
 * A vendor whose changes arrive in Odoo on the shared stack: people change its records in the sandbox, which posts its webhooks to the
 * sidecar's door, and they land under the system's own user. Files open it first and close it last: other files count what happens.
 */
export class InboundVendor {
  private constructor(
    readonly code: string,
    readonly odoo: OdooApi,
    readonly sandbox: SandboxControl,
    /** What goes out to it. */
    readonly exchanges: Exchanges,
  ) {}

  static async open(code: string): Promise<InboundVendor> {
    const stack = e2eStack();
    const odoo = await OdooApi.signIn(stack);
    await installStarterRules(odoo);
    const vendor = new InboundVendor(code, odoo, new SandboxControl(stack.sandbox.url), new Exchanges(odoo));
    const systems = await odoo.search("integration.system", [["code", "=", code]]);
    await odoo.write("integration.system", systems, { api_user_id: await userOf(odoo, code) });
    await vendor.subscribe();
    return vendor;
  }

  /** From now on its webhooks go to the door. `copies`: how often each; with `disorderSeed` out of order. */
  async subscribe(how: { copies?: number; disorderSeed?: number } = {}): Promise<void> {
    const name = await webhookSecretName(this.code);
    const url = `${e2eStack().sidecar.doorUrl}/webhooks/${this.code}`;
    await this.sandbox.subscribe({ system: this.code, url, secret: sandboxCredential(this.code, name ?? ""), ...how });
  }

  /** It tells nobody any more. */
  async unsubscribe(): Promise<void> {
    await this.sandbox.subscribe({ system: this.code, url: null, secret: "" });
  }

  /** Waits until nothing of it is on its way, and it tells nobody any more. */
  async close(): Promise<void> {
    await this.caughtUp();
    await this.unsubscribe();
  }

  async add(type: string, fields: object): Promise<string> {
    return (await this.sandbox.add(this.code, type, fields)).id;
  }

  async change(type: string, id: string, fields: object): Promise<void> {
    await this.sandbox.change(this.code, type, id, fields);
  }

  async remove(type: string, id: string): Promise<void> {
    await this.sandbox.remove(this.code, type, id);
  }

  /** One record of Odoo. */
  async read(model: string, id: number, fields: string[]): Promise<Record<string, unknown>> {
    const [row] = await this.odoo.read<Record<string, unknown>>(model, [["id", "=", id]], fields);
    if (!row) throw new Error(`Odoo has no ${model} ${id}.`);
    return row;
  }

  /** A look at what changed, as an administrator asks for it; `sweep`: for what is gone, too. Fails when a list could not be read. */
  async look(object: string, { sweep = false } = {}): Promise<void> {
    const { url, adminToken } = e2eStack().sidecar;
    const answer = await fetch(`${url}/v1/systems/${this.code}/poll`, {
      method: "POST",
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      body: JSON.stringify({ object, sweep }),
    });
    const looks = await answer.text();
    if (answer.status !== 200 || !looks.includes('"failure":null'))
      throw new Error(`a look at ${object} of ${this.code} answered ${answer.status}: ${looks}`);
  }

  /** Waits until every message was taken and what it named was fetched and handed to Odoo. Fails when one was not taken. */
  async caughtUp(): Promise<void> {
    await waitFor(`${this.code}'s webhooks to be taken`, async () => {
      const { idle, sent } = await this.sandbox.webhooks(this.code, 5_000);
      // Of what came too fast (429) the door asks to hear again.
      const refusal = (status: number): boolean => status >= 400 && status < 500 && status !== 429;
      const refused = sent.find(({ status, tries }) => tries > 1 && status !== null && refusal(status));
      if (refused) throw new Error(`the door refused ${refused.event} of ${refused.id}: ${refused.status}`);
      return idle;
    });
    await waitFor(
      `${this.code}'s records to be fetched`,
      async () => (await this.notices("AND done_at IS NULL")) === 0,
      {
        timeoutMs: 40_000,
      },
    );
  }

  /** Waits until the record is linked with one of Odoo's and nothing about it is under way; answers that one's id. */
  async arrived(type: string, id: string, timeoutMs = 40_000): Promise<number> {
    await this.caughtUp();
    let found: number | undefined;
    let rows: IncomingRow[] = [];
    await waitFor(
      `${this.code} ${type} ${id} to arrive`,
      async () => {
        rows = await this.rows(type, id);
        found = await this.linked(type, id);
        return found !== undefined && !rows.some(({ state }) => OPEN.includes(state));
      },
      { timeoutMs },
    ).catch((error: Error) => {
      throw new Error(`${error.message}; its rows are ${JSON.stringify(rows)}`);
    });
    return found ?? 0;
  }

  /** The Odoo record that it is linked with. */
  async linked(type: string, id: string): Promise<number | undefined> {
    const domain = [
      ["system_id.code", "=", this.code],
      ["external_type", "=", type],
      ["external_id", "=", id],
    ];
    return (await this.odoo.read<{ res_id: number }>("integration.link", domain, ["res_id"]))[0]?.res_id;
  }

  /** Rows about what came in of the record, oldest first. */
  async rows(type: string, id: string): Promise<IncomingRow[]> {
    const domain = [
      ["system_id.code", "=", this.code],
      ["direction", "=", "in"],
      ["lane", "=", `in:${type},${id}`],
    ];
    const rows = await this.odoo.read<IncomingRow>("integration.delivery", domain, [...ROW]);
    return rows.sort((a, b) => a.id - b.id);
  }

  /** How many notices of it the door kept, of those that `more`, SQL, leaves. */
  async notices(more = "", values: readonly unknown[] = []): Promise<number> {
    const sql = `SELECT count(*)::int AS n FROM hub.inbox WHERE system = $1 ${more}`;
    return await withClient(e2eStack().postgres.hubUrl, async (client) => {
      const { rows } = await client.query<{ n: number }>(sql, [this.code, ...values]);
      return rows[0]?.n ?? 0;
    });
  }
}

/** The system's own user in Odoo, the same in all files; `connector` where it is called otherwise. */
export async function userOf(odoo: OdooApi, code: string, connector = code): Promise<number> {
  const login = `hub-${code}`;
  const [known] = await odoo.search("res.users", [["login", "=", login]]);
  if (known !== undefined) return known;
  const groups = ["base.group_user", ...(GROUPS[connector] ?? [])];
  const values = {
    name: `Integration: ${code}`,
    login,
    email: `${login}@hub.example.com`,
    group_ids: [[6, 0, await Promise.all(groups.map((group) => odoo.ref(group)))]],
  };
  const [id = 0] = await odoo.call<number[]>("res.users", "create", [[values]], {
    context: { no_reset_password: true },
  });
  return id;
}
