import path from "node:path";
import { request } from "undici";
import type { Quota, QuotaUse } from "../../sandbox/quotas";
import { Child } from "../pipeline/child";

const AT_ONCE = 100;

/** The vendors' stand-ins, which keep to quotas and answer as slowly as vendors do. */
export class Vendors {
  private constructor(
    private readonly child: Child,
    readonly url: string,
  ) {}

  static async start(): Promise<Vendors> {
    const child = await Child.start(path.join(__dirname, "vendors-process.ts"));
    return new Vendors(child, await child.ask<string>("url"));
  }

  /** Makes so many companies, at most 100, at the CRM and as many accounts at the bookkeeping service; answers their ids. */
  async customers(count: number): Promise<{ companies: string[]; accounts: string[] }> {
    const numbers = Array.from({ length: Math.min(count, AT_ONCE) }, (_, index) => index + 1);
    const inputs = numbers.map((n) => ({
      id: `customer-${n}`,
      idProperty: "odoo_id",
      properties: { name: `Client ${n}` },
    }));
    const made = await this.post<{ results: { id: string }[] }>("hubspot/crm/v3/objects/companies/batch/upsert", {
      inputs,
    });
    const accounts: string[] = [];
    for (const n of numbers) {
      const { id } = await this.post<{ id: string }>("ledger_window/account", {
        name: `Client ${n}`,
        key: `customer-${n}`,
      });
      accounts.push(id);
    }
    return { companies: made.results.map(({ id }) => id), accounts };
  }

  /** From now on they take so long to answer, and refuse what goes over their quota. */
  async open(answerMs: number, quotas: readonly Quota[]): Promise<void> {
    await this.child.ask("answer", answerMs);
    for (const quota of quotas) await this.child.ask("limit", quota);
  }

  /** What they have counted since. */
  async quotas(): Promise<QuotaUse[]> {
    return this.child.ask<QuotaUse[]>("quotas");
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }

  private async post<T>(what: string, body: object): Promise<T> {
    const headers = { "content-type": "application/json", authorization: "Bearer demo" };
    const answer = await request(`${this.url}/${what}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.statusCode >= 300) throw new Error(`${what} answered ${answer.statusCode}: ${await answer.body.text()}`);
    return (await answer.body.json()) as T;
  }
}
