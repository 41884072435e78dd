import { randomUUID } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { OdooApi, OdooRefusal } from "../../support/odoo-api";
import { installStarterRules } from "../../support/starter-rules";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";

const IMPORTED = 200;
/** Of the imported, so many exist already and are changed by the import. */
const REIMPORTED = 50;
const LINES_AT_ONCE = 50;
const INVOICES = 20;
const LEADS = 100;

const stack = e2eStack();
let odoo: OdooApi;
let exchanges: Exchanges;

beforeAll(async () => {
  odoo = await OdooApi.signIn(stack);
  await installStarterRules(odoo);
  exchanges = new Exchanges(odoo);
});

/** PERF-06: each by somebody else, all at once; Odoo works in threads, and the sidecar delivers meanwhile. */
describe("an import, invoicing and CRM edits at the same time", () => {
  it("end as each would alone, everything arrives, and the hub makes no transaction fail", async () => {
    const rules = await odoo.read<Rule>("integration.rule", [["active", "=", true]], ["id", ...BRAKES]);
    // So large an import would wait for an approval otherwise.
    const released = { brake_creates: 0, brake_changes: 0, brake_removals: 0 };
    const ids = rules.map(({ id }) => id);
    await odoo.write("integration.rule", ids, released);
    try {
      const { prepared, conflicts } = await workAtOnce();
      // What Postgres had to refuse in a statement of the hub's; Odoo repeats such a transaction unseen, and users wait for it.
      expect(conflicts.filter((statement) => /integration_/.test(statement))).toEqual([]);
      expect(await notDelivered("res.partner", prepared.partners)).toEqual([]);
      expect(await notDelivered("account.move", prepared.invoices)).toEqual([]);
      expect(await notDelivered("crm.lead", prepared.leads)).toEqual([]);
    } finally {
      for (const { id, ...brakes } of rules) await odoo.write("integration.rule", [id], brakes);
    }
  }, 400_000);
});

const BRAKES = ["brake_creates", "brake_changes", "brake_removals"] as const;
type Rule = { id: number } & Record<(typeof BRAKES)[number], number>;

interface Prepared {
  tag: string;
  /** Known before the import; afterwards all that it brought. */
  partners: number[];
  invoices: number[];
  leads: number[];
}

/** All three at once, each in a session of its own. Fails when anything ends otherwise than it would alone. */
async function workAtOnce(): Promise<{ prepared: Prepared; conflicts: string[] }> {
  const prepared = await prepare();
  const before = (await stat(stack.logs.postgres)).size;
  const outcomes = await Promise.all([importPartners(prepared), postInvoices(prepared), editLeads(prepared)]);
  expect(outcomes.flat()).toEqual([]);
  await nothingIsLost(prepared);
  return { prepared, conflicts: await conflictsSince(before) };
}

async function prepare(): Promise<Prepared> {
  const tag = randomUUID().slice(0, 8);
  const names = Array.from({ length: REIMPORTED }, (_, n) => ({ name: `Known ${n} ${tag}`, is_company: true }));
  const partners = await odoo.call<number[]>("res.partner", "create", [names]);
  // Clients of their own: an import that changes a partner while its invoice is posted makes Odoo itself give up one of the two.
  const clients = await odoo.call<number[]>("res.partner", "create", [
    Array.from({ length: INVOICES }, (_, n) => ({ name: `Client ${n} ${tag}`, is_company: true })),
  ]);
  const invoices = await odoo.call<number[]>("account.move", "create", [
    Array.from({ length: INVOICES }, (_, n) => ({
      move_type: "out_invoice",
      partner_id: clients[n],
      invoice_date: "2026-11-22",
      invoice_line_ids: [[0, 0, { name: "Day rate", quantity: 1, price_unit: 1000 + n }]],
    })),
  ]);
  const leads = await odoo.call<number[]>("crm.lead", "create", [
    Array.from({ length: LEADS }, (_, n) => ({
      name: `Lead ${n} ${tag}`,
      type: "opportunity",
      partner_id: clients[n % INVOICES],
    })),
  ]);
  return { tag, partners, invoices, leads };
}

/** As from a spreadsheet, some lines at a time; the first ones change partners that are there. */
async function importPartners({ tag, partners }: Prepared): Promise<string[]> {
  const session = await OdooApi.signIn(stack);
  const known = partners.slice(0, REIMPORTED);
  const rows = Array.from({ length: IMPORTED }, (_, n) => [
    String(known[n] ?? ""),
    n < REIMPORTED ? `Imported ${n} ${tag}` : `Imported new ${n} ${tag}`,
    "True",
    `+32 2 290 ${n}`,
  ]);
  const refused: string[] = [];
  for (let at = 0; at < IMPORTED; at += LINES_AT_ONCE) {
    const part = rows.slice(at, at + LINES_AT_ONCE);
    const fields = at < REIMPORTED ? [".id", "name", "is_company", "phone"] : ["name", "is_company", "phone"];
    const lines = at < REIMPORTED ? part : part.map((row) => row.slice(1));
    const answer = await attempt(refused, () =>
      session.call<{ ids: number[] | false; messages: object[] }>("res.partner", "load", [fields, lines]),
    );
    if (answer?.ids === false) refused.push(JSON.stringify(answer.messages));
    else if (at >= REIMPORTED) partners.push(...(answer?.ids || []));
  }
  return refused;
}

async function postInvoices({ invoices }: Prepared): Promise<string[]> {
  const session = await OdooApi.signIn(stack);
  const refused: string[] = [];
  for (const id of invoices) await attempt(refused, () => session.call("account.move", "action_post", [[id]]));
  return refused;
}

async function editLeads({ leads }: Prepared): Promise<string[]> {
  const session = await OdooApi.signIn(stack);
  const refused: string[] = [];
  for (const [n, id] of leads.entries())
    await attempt(refused, () => session.write("crm.lead", [id], { expected_revenue: 1_000 + n }));
  return refused;
}

async function attempt<T>(refused: string[], call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (thrown) {
    if (!(thrown instanceof OdooRefusal)) throw thrown;
    refused.push(`${thrown.exception}: ${thrown.message}`);
    return undefined;
  }
}

async function nothingIsLost({ tag, partners, invoices, leads }: Prepared): Promise<void> {
  expect(partners).toHaveLength(IMPORTED);
  const imported = await odoo.read<{ name: string }>("res.partner", [["name", "like", `Imported%${tag}`]], ["name"]);
  expect(imported).toHaveLength(IMPORTED);
  const posted = await odoo.read<{ state: string }>("account.move", [["id", "in", invoices]], ["state"]);
  expect(new Set(posted.map(({ state }) => state))).toEqual(new Set(["posted"]));
  const edited = await odoo.read<{ id: number; expected_revenue: number }>(
    "crm.lead",
    [["id", "in", leads]],
    ["id", "expected_revenue"],
  );
  const revenues = new Map(edited.map((lead) => [lead.id, lead.expected_revenue]));
  expect(leads.map((id) => revenues.get(id))).toEqual(leads.map((_, n) => 1_000 + n));
}

/** Statements that Postgres refused since then because of another transaction. */
async function conflictsSince(offset: number): Promise<string[]> {
  const lines = (await readFile(stack.logs.postgres)).subarray(offset).toString().split("\n");
  return lines.flatMap((line, index) =>
    /could not serialize|deadlock detected/.test(line) ? [lines.slice(index, index + 6).join("\n")] : [],
  );
}

/** Records whose last state is not at the CRM. */
async function notDelivered(model: string, ids: number[]): Promise<number[]> {
  const deliveries = await exchanges.settled(model, ids, ids.length, "hubspot", 120_000);
  const last = new Map(deliveries.map((delivery) => [delivery.res_id, delivery.state]));
  return ids.filter((id) => last.get(id) !== "delivered");
}
