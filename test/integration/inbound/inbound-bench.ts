import { rmSync } from "node:fs";
import type { Knex } from "knex";
import pino from "pino";
import type { Connector } from "../../../sidecar/connectors";
import type { Notice } from "../../../sidecar/connectors/webhooks";
import { HubError } from "../../../sidecar/domain/errors";
import type { JsonObject } from "../../../sidecar/domain/json";
import { Inbox } from "../../../sidecar/inbound/inbox";
import type { DueRow, ReceiveAnswer } from "../../../sidecar/inbound/odoo-inbound";
import { InboundRecords } from "../../../sidecar/inbound/records";
import { InboundWorker, type WorkerParts } from "../../../sidecar/inbound/worker";
import { loadMappings, type MappingRegistry, type Overlay } from "../../../sidecar/mapping/registry";
import { openStore } from "../../../sidecar/store/database";
import { createMetrics } from "../../../sidecar/telemetry/metrics";
import { APPROVAL, DEAL, DEAL_PACK, packWith } from "../../support/inbound-pack";
import { waitFor } from "../../support/wait-for";
import { connectTo, ScriptedVendor } from "../../unit/connectors/scripted-vendor";
import { openStoreDatabase, type StoreDatabase } from "../store/store-database";

export interface Deal extends JsonObject {
  id: string;
  name: string;
  status: string;
  changed: string;
}

/** Odoo's half of the agreement about `receive`, without Odoo: a state that was read before is not applied again, equal values change nothing. */
export class AgreedOdoo {
  readonly records = new Map<string, JsonObject>();
  readonly calls: JsonObject[][] = [];
  readonly changes: string[] = [];
  due_: DueRow[] = [];
  /** Answers an item otherwise; null: as agreed. */
  answer: (item: JsonObject) => Partial<ReceiveAnswer> | null = () => null;
  /** What a call ends with, before or after it took effect. */
  fails: { before?: Error; after?: Error } = {};
  private readonly answered = new Map<string, { key: string; fetchedAt: string }>();

  get items(): JsonObject[] {
    return this.calls.flat();
  }

  receive(items: readonly JsonObject[]): Promise<ReceiveAnswer[]> {
    const { before, after } = this.fails;
    this.fails = {};
    if (before) return Promise.reject(before);
    this.calls.push([...items]);
    const answers = items.map((item) => this.take(item));
    return after ? Promise.reject(after) : Promise.resolve(answers);
  }

  due(): Promise<DueRow[]> {
    return Promise.resolve(this.due_.splice(0));
  }

  private take(item: JsonObject): ReceiveAnswer {
    const key = item["key"] as string;
    const plain = {
      key,
      delivery_id: null,
      model: null,
      res_id: null,
      unchanged: false,
      read_again: false,
      error: null,
    };
    const other = this.answer(item);
    if (other) return { ...plain, state: "delivered", ...other };
    if (item["error"]) return { ...plain, state: "held", error: item["error"] as unknown as ReceiveAnswer["error"] };
    const id = item["external_id"] as string;
    const fetchedAt = item["fetched_at"] as string;
    const earlier = this.answered.get(id);
    if (earlier?.key === key && earlier.fetchedAt >= fetchedAt)
      return { ...plain, state: "delivered", unchanged: true };
    for (const old of (item["old_ids"] ?? []) as string[]) this.records.delete(old);
    const values = (item["document"] as JsonObject)["values"] as JsonObject;
    const unchanged = JSON.stringify(this.records.get(id)) === JSON.stringify(values);
    if (item["operation"] === "gone") this.records.delete(id);
    else this.records.set(id, values);
    if (!unchanged) this.changes.push(id);
    this.answered.set(id, { key, fetchedAt });
    return { ...plain, state: "delivered", unchanged };
  }
}

/** The sidecar's side of what comes in, on a real Postgres, with a vendor that answers over HTTP. */
export class InboundBench {
  readonly deals = new Map<string, Deal>();
  readonly odoo = new AgreedOdoo();
  readonly inbox: Inbox;
  readonly metrics = createMetrics();
  private readonly workers: InboundWorker[] = [];
  private notices = 0;

  private constructor(
    private readonly database: StoreDatabase,
    readonly store: Knex,
    readonly vendor: ScriptedVendor,
    readonly connector: Connector,
    readonly mappings: MappingRegistry,
    private readonly folder: string,
  ) {
    this.inbox = new Inbox(store);
  }

  static async open(): Promise<InboundBench> {
    const database = await openStoreDatabase();
    const vendor = new ScriptedVendor();
    await vendor.start();
    const folder = packWith(DEAL_PACK);
    const connector = connectTo(vendor, { objects: { deal: DEAL, approval: APPROVAL } });
    return new InboundBench(database, openStore(database.url), vendor, connector, loadMappings(folder), folder);
  }

  /** An empty store, an empty Odoo, and a vendor that answers what `deals` holds. */
  async reset(): Promise<void> {
    await this.stop();
    await this.database.admin.query("TRUNCATE hub.inbox, hub.inbound_record, hub.inbound_cursor, hub.inbound_load");
    this.deals.clear();
    this.vendor.heard.length = 0;
    this.vendor.script = ({ path, query }) => {
      const deals = [...this.deals.values()].sort(
        (a, b) => a.changed.localeCompare(b.changed) || a.id.localeCompare(b.id),
      );
      if (path === "/deals") {
        const page = Number(query["page"] ?? "1") - 1;
        return {
          body: {
            deals: deals.filter(({ changed }) => changed >= (query["since"] ?? "")).slice(page * 100, page * 100 + 100),
          },
        };
      }
      const deal = this.deals.get(decodeURIComponent(path.split("/").at(-1) ?? ""));
      const asked = ["id", ...(query["fields"] ?? "").split(",")];
      return deal
        ? { body: Object.fromEntries(Object.entries(deal).filter(([name]) => asked.includes(name))) }
        : { status: 404 };
    };
    Object.assign(this, { odoo: new AgreedOdoo() });
  }

  /** A change at the vendor, `at` seconds after the first moment. */
  deal(id: string, name: string, at = 0, more: Partial<Deal> = {}): Deal {
    const changed = new Date(Date.UTC(2026, 0, 1) + at * 1_000).toISOString();
    const deal = { id, name, status: "open", changed, ...more };
    this.deals.set(id, deal);
    return deal;
  }

  /** Notices as the door keeps them. */
  async notify(...ids: string[]): Promise<void> {
    await this.inbox.keep(
      "crm",
      ids.map((id) => notice(id, `n${(this.notices += 1)}`)),
    );
  }

  parts(): WorkerParts {
    const config = { code: "crm", connector: "crm" } as WorkerParts["connection"]["config"];
    return {
      connection: { config, connector: this.connector },
      records: new InboundRecords(this.store, "crm"),
      inbox: this.inbox,
      odoo: this.odoo,
      queue: { systems: () => Promise.resolve([{ code: "crm", state: "active" }] as never) },
      release: () => ({ number: 0, mappings: this.mappings }),
      metrics: this.metrics,
      log: pino({ level: process.env["TEST_LOG"] ?? "silent" }),
    };
  }

  /** The mappings as they are with changes made in Odoo. */
  mappingsWith(overlay: Overlay): MappingRegistry {
    return loadMappings(this.folder, overlay);
  }

  /** A worker that a test drives round by round. */
  worker(changes: Partial<WorkerParts> = {}): InboundWorker {
    return new InboundWorker({ ...this.parts(), ...changes });
  }

  /** Sidecars that work by themselves. */
  start(count: number): void {
    for (let at = 0; at < count; at += 1) {
      const worker = this.worker();
      worker.start();
      this.workers.push(worker);
    }
  }

  /** Resolves when no notice is open. */
  async settled(timeoutMs = 60_000): Promise<void> {
    const none = async (): Promise<boolean> => {
      for (const worker of this.workers) worker.notify();
      return (await this.open()) === 0;
    };
    await waitFor("every notice to be done with", none, { timeoutMs });
  }

  async open(): Promise<number> {
    const { rows } = await this.database.admin.query<{ open: number }>(
      "SELECT count(*)::int AS open FROM hub.inbox WHERE done_at IS NULL",
    );
    return rows[0]?.open ?? 0;
  }

  /** How the notices of a record ended, in their order. */
  async outcomes(id: string): Promise<(string | null)[]> {
    const { rows } = await this.database.admin.query<{ outcome: string | null }>(
      "SELECT outcome FROM hub.inbox WHERE external_id = $1 ORDER BY id",
      [id],
    );
    return rows.map(({ outcome }) => outcome);
  }

  /** What waits for its time may be done at once. */
  async hurry(): Promise<void> {
    await this.database.admin.query("UPDATE hub.inbound_record SET next_at = now(), lease = NULL");
  }

  async stop(): Promise<void> {
    const now = AbortSignal.timeout(5_000);
    await Promise.all(this.workers.splice(0).map(async (worker) => worker.stop(now)));
  }

  async close(): Promise<void> {
    await this.stop();
    await this.connector.close();
    await this.vendor.stop();
    await this.store.destroy();
    await this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function notice(id: string, key: string, object = "deal"): Notice {
  return { key, event: `${object}.changed`, object, change: "changed", externalId: id, occurredAt: null, item: {} };
}

export const odooIsAway = (): HubError =>
  new HubError({ kind: "technical", code: "odoo_unreachable", message: "Odoo is away.", hint: "Wait." });
