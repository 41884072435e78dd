import type { Pool } from "pg";
import type { Sandbox } from "../../sandbox/sandbox";
import { LEDGERS } from "../../sandbox/vendors/ledger";
import type { Plan } from "./plan";
import type { DeliveryFact, Effect, Facts, LinkFact, RemoteFact } from "./verify";

interface DeliveryRow extends Record<string, unknown> {
  id: number;
  state: string;
  leased: boolean;
  error_code: string | null;
  attempts: string[];
}

/** What the queue and the vendors hold. `ids`: the delivery of each planned event. */
export async function collectFacts(plan: Plan, ids: readonly number[], odoo: Pool, sandbox: Sandbox): Promise<Facts> {
  return {
    expected: plan.expected,
    deliveries: await deliveries(plan, ids, odoo),
    effects: effects(sandbox),
    remote: LEDGERS.flatMap(({ code }) => ["account", "entry"].flatMap((type) => remote(sandbox, code, type))),
    links: await links(odoo),
  };
}

async function deliveries(plan: Plan, ids: readonly number[], odoo: Pool): Promise<DeliveryFact[]> {
  const { rows } = await odoo.query<DeliveryRow>(
    `SELECT d.id, d.state, d.lease_until IS NOT NULL AS leased, d.error_code,
       ARRAY(SELECT a.outcome::text FROM integration_attempt a WHERE a.delivery_id = d.id ORDER BY a.id) AS attempts
     FROM integration_delivery d WHERE d.id = ANY ($1)`,
    [ids],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return plan.events.flatMap((event, place) => {
    const row = byId.get(ids[place] ?? 0);
    if (!row) return [];
    const { id, state, leased, error_code: errorCode, attempts } = row;
    return [{ event, id, state, leased, errorCode, attempts }];
  });
}

function effects(sandbox: Sandbox): Effect[] {
  return sandbox.journal.list().flatMap(({ system, key, effect, values }) => {
    if (effect === "refused") return [];
    const revision = effect === "deleted" ? null : Number(values?.["revision"]);
    return [{ system, lane: key ?? "", effect, revision }];
  });
}

function remote(sandbox: Sandbox, system: string, type: string): RemoteFact[] {
  const live = sandbox.store.table(system, type)?.live() ?? [];
  return live.map(({ id, fields }) => ({
    system,
    type,
    id,
    lane: String(fields["key"]),
    revision: Number(fields["revision"]),
    accountId: typeof fields["account_id"] === "string" ? fields["account_id"] : null,
  }));
}

async function links(odoo: Pool): Promise<LinkFact[]> {
  const { rows } = await odoo.query<LinkFact & Record<string, unknown>>(
    `SELECT s.code AS system, k.lane, k.external_type AS type, k.external_id AS "externalId"
     FROM integration_link k JOIN integration_system s ON s.id = k.system_id WHERE k.active`,
  );
  return rows;
}
