import { setTimeout as delay } from "node:timers/promises";
import type { BenchQueue } from "../pipeline/queue";
import { CLIENTS, customer, entry, invoice, timesheet, type Change } from "./changes";
import { CODES, type Code } from "./forecast";
import type { Vendors } from "./vendors";

/** The priorities of bulk work and of what people wait for. */
const BULK = 90;
const INTERACTIVE = 50;
/** Ids of what is changed by hand begin here. */
const BY_HAND = 1_000_000;
const FILL = 1_000;
const PATIENCE_MS = 20 * 60_000;

/** One system's share of the run. */
export interface Drained {
  /** From the moment the bulk could be claimed to its last delivery, by the database's clock. */
  seconds: number;
  /** Changes made by hand meanwhile, and how long each took from commit to settled, in milliseconds. */
  interactiveMs: number[];
}

/** A firm's month end on an empty queue: bulk that waits for two vendors, and people who go on working. */
export class MonthEnd {
  private nextByHand = BY_HAND;

  private constructor(
    private readonly queue: BenchQueue,
    private readonly ids: Record<Code, number>,
  ) {}

  /** The clients are known at both vendors, and nothing is claimed yet. */
  static async prepare(queue: BenchQueue, vendors: Vendors): Promise<MonthEnd> {
    const ids = { hubspot: await queue.systemId("hubspot"), ledger_window: await queue.systemId("ledger_window") };
    const { companies, accounts } = await vendors.customers(CLIENTS);
    await link(queue, ids.hubspot, "project.project", "company", companies);
    await link(queue, ids.ledger_window, "res.partner", "account", accounts);
    for (const code of CODES) await queue.pause(code);
    return new MonthEnd(queue, ids);
  }

  async fill(timesheets: number, invoices: number): Promise<void> {
    await this.enqueue("hubspot", timesheets, timesheet);
    await this.enqueue("ledger_window", invoices, invoice);
    await this.queue.owner.query("ANALYZE integration_delivery, integration_event, integration_event_payload");
  }

  /** Lets both systems begin, changes something by hand in each every `everyMs`, and waits until the bulk is gone. */
  async drain(everyMs: number): Promise<Record<Code, Drained>> {
    const { rows } = await this.queue.owner.query<{ at: Date }>("SELECT clock_timestamp() AS at");
    for (const code of CODES) await this.queue.resume(code);
    const open = new Set(CODES);
    const deadline = Date.now() + PATIENCE_MS;
    for (let at = Date.now(); open.size > 0; at += everyMs) {
      if (Date.now() > deadline)
        throw new Error(`Not drained after ${PATIENCE_MS / 60_000} minutes: ${[...open].join()}`);
      for (const code of open) await this.byHand(code);
      await delay(Math.max(0, at + everyMs - Date.now()));
      for (const code of open) if ((await this.openBulk(code)) === 0) open.delete(code);
    }
    while ((await this.queue.open()) > 0) {
      if (Date.now() > deadline) throw new Error("What was changed by hand did not arrive.");
      await delay(100);
    }
    const begun = rows[0]?.at ?? new Date();
    return { hubspot: await this.drained("hubspot", begun), ledger_window: await this.drained("ledger_window", begun) };
  }

  private async byHand(code: Code): Promise<void> {
    const id = (this.nextByHand += 1);
    const change = code === "hubspot" ? customer(id) : invoice(id);
    await this.queue.enqueue(code, [entry(change, this.ids[code], INTERACTIVE)]);
  }

  private async enqueue(code: Code, count: number, make: (id: number) => Change): Promise<void> {
    for (let at = 0; at < count; at += FILL) {
      const size = Math.min(FILL, count - at);
      const entries = Array.from({ length: size }, (_, index) => entry(make(at + index + 1), this.ids[code], BULK));
      await this.queue.enqueue(code, entries);
    }
  }

  private async openBulk(code: Code): Promise<number> {
    const { rows } = await this.queue.owner.query<{ n: string }>(
      `SELECT count(*) AS n FROM integration_delivery
       WHERE system_id = $1 AND priority = $2 AND state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')`,
      [this.ids[code], BULK],
    );
    return Number(rows[0]?.n ?? 0);
  }

  private async drained(code: Code, begun: Date): Promise<Drained> {
    const { rows } = await this.queue.owner.query<{ seconds: number; interactive: number[] | null }>(
      `SELECT extract(epoch FROM max(done_at) FILTER (WHERE priority = $2) - $4::timestamptz AT TIME ZONE 'UTC')::float AS seconds,
         array_agg(latency_ms) FILTER (WHERE priority = $3) AS interactive
       FROM integration_delivery WHERE system_id = $1 AND state = 'delivered'`,
      [this.ids[code], BULK, INTERACTIVE, begun],
    );
    return { seconds: rows[0]?.seconds ?? Number.NaN, interactiveMs: rows[0]?.interactive ?? [] };
  }
}

/** The records 1, 2, … of a model are these at the system. */
async function link(
  queue: BenchQueue,
  systemId: number,
  model: string,
  type: string,
  ids: readonly string[],
): Promise<void> {
  await queue.owner.query(
    `INSERT INTO integration_link (system_id, lane, model, res_id, object, external_type, external_id, active, create_date, synced_at)
     SELECT $1, $2::varchar || ',' || place, $2, place, 'customer', $3, external_id, true, now(), now()
     FROM unnest($4::text[]) WITH ORDINALITY AS given(external_id, place)`,
    [systemId, model, type, ids],
  );
}
