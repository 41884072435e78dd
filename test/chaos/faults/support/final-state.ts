import type { Pool } from "pg";
import type { Sandbox } from "../../../sandbox/sandbox";
import type { StoredRecord } from "../../../sandbox/store";

const TYPES = ["hubspot/company", "hubspot/contact", "asana/project", "asana/section", "bamboohr/employee"];

/** What a run came to, in words that do not depend on when things happened or which ids were given. */
export interface FinalState {
  /** By type, what every record there is holds, with the Odoo reference in place of the vendor's id. */
  remote: Record<string, string[]>;
  /** `hubspot res.partner,1 → company of res.partner,1` */
  links: string[];
  /** `hubspot res.partner,1: delivered`, with the last change of every record, and whatever else did not end well. */
  deliveries: string[];
}

export async function readFinalState(database: Pool, sandbox: Sandbox): Promise<FinalState> {
  const references = new Map<string, string>();
  const records = TYPES.map((name) => {
    const [system = "", type = ""] = name.split("/");
    const live = sandbox.store.table(system, type)?.live() ?? [];
    for (const record of live) references.set(`${system}/${type}/${record.id}`, referenceOf(record));
    return { name, system, live };
  });
  const remote = Object.fromEntries(
    records.map(({ name, live }) => [name, live.map((record) => shown(name, record, references)).sort()]),
  );
  return { remote, links: await linksOf(database, references), deliveries: await deliveriesOf(database) };
}

async function linksOf(database: Pool, references: Map<string, string>): Promise<string[]> {
  const { rows } = await database.query<{ code: string; lane: string; type: string; id: string }>(
    `SELECT s.code, k.lane, k.external_type AS type, k.external_id AS id
     FROM integration_link k JOIN integration_system s ON s.id = k.system_id WHERE k.active`,
  );
  return rows
    .map(({ code, lane, type, id }) => `${code} ${lane} → ${type} of ${references.get(`${code}/${type}/${id}`) ?? "?"}`)
    .sort();
}

/** A state that a later one took the place of ended as well as one that was delivered: which it was is a matter of time. */
async function deliveriesOf(database: Pool): Promise<string[]> {
  const { rows } = await database.query<{
    code: string;
    lane: string;
    state: string;
    last: boolean;
    coalesce: boolean;
  }>(
    `SELECT s.code, d.lane, d.state, d.coalesce, d.id = max(d.id) OVER (PARTITION BY d.system_id, d.lane) AS last
     FROM integration_delivery d JOIN integration_system s ON s.id = d.system_id ORDER BY d.id`,
  );
  return rows
    .filter(({ state, last, coalesce }) => last || (state !== "delivered" && !(coalesce && state === "superseded")))
    .map(({ code, lane, state }) => `${code} ${lane}: ${state}`)
    .sort();
}

/** The Odoo reference that the vendor's record carries; of a section, that of its project is inside. */
function referenceOf({ fields }: StoredRecord): string {
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const inNotes = /Odoo reference: (\S+)/.exec(text(fields["notes"]))?.[1];
  return inNotes ?? (text(fields["odoo_id"]) || text(fields["customOdooReference"]) || "no reference");
}

function shown(name: string, record: StoredRecord, references: Map<string, string>): string {
  // Short ids, as an HR system gives them, would be found in other numbers too.
  let text = JSON.stringify(Object.entries(record.fields).sort(([a], [b]) => a.localeCompare(b)));
  for (const [key, reference] of references) {
    const id = key.split("/")[2] ?? "";
    if (id.length > 6) text = text.replaceAll(id, `<${reference}>`);
  }
  return `${name} ${referenceOf(record)} ${text}`;
}
