import express, { type NextFunction, type Request, type Response, type Router } from "express";
import { IdempotencyWindow } from "../idempotency";
import type { Fields, StoredRecord, Table } from "../store";
import type { Vendor, VendorContext } from "./vendor";

/**
 * A bookkeeping service in four editions. They differ in one thing: what a client can do when the answer to its create was
 * lost. No real vendor has all four ways, so this one is made up; each way is as vendors document it.
 *
 * - `upsert`: takes records by the client's key, up to 20 at once; the same again changes nothing.
 * - `window`: remembers an `Idempotency-Key` for a while and gives the first answer again; no search.
 * - `search`: finds records by the client's key, some time after they were made.
 * - `blind`: none of these. The key is shown to people only.
 */
export type Edition = "upsert" | "window" | "search" | "blind";
export const EDITIONS: readonly Edition[] = ["upsert", "window", "search", "blind"];

/** How long the `window` edition remembers a key. */
export const REMEMBERED_MS = 600_000;
const MOST_AT_ONCE = 20;
const TYPES = ["account", "entry"] as const;

/** The editions as systems: `ledger_upsert`, … */
export const LEDGERS: readonly Vendor[] = EDITIONS.map((edition) => ({
  code: `ledger_${edition}`,
  router: (context) => new Ledger(edition, context).router(),
}));

interface Refusal {
  status: number;
  field: string | null;
  message: string;
}

class Ledger {
  private readonly tables: Record<string, Table>;
  private readonly window: IdempotencyWindow;

  constructor(
    private readonly edition: Edition,
    private readonly context: VendorContext,
  ) {
    this.window = new IdempotencyWindow(REMEMBERED_MS, context.clock);
    this.tables = Object.fromEntries(TYPES.map((type) => [type, this.tableOf(type)]));
  }

  router(): Router {
    const router = express.Router();
    router.use((request, response, next) => this.signedIn(request, response, next));
    router.use(express.json({ limit: "1mb" }));
    router.get("/ping", (_request, response) => void response.json({ ok: true }));
    if (this.edition === "upsert") router.post("/:type/upsert", (request, response) => this.upsert(request, response));
    else router.post("/:type", (request, response) => this.create(request, response));
    if (this.edition === "search") router.get("/:type", (request, response) => this.search(request, response));
    router.patch("/:type/:id", (request, response) => this.update(request, response));
    router.delete("/:type/:id", (request, response) => this.remove(request, response));
    router.use((_request, response) =>
      refuse(response, { status: 404, field: null, message: "There is nothing here" }),
    );
    return router;
  }

  private tableOf(type: string): Table {
    let next = 1;
    const system = `ledger_${this.edition}`;
    const unique = this.edition === "upsert" ? ["key"] : [];
    return this.context.store.define(system, type, { unique, nextId: () => `${type.slice(0, 3)}_${next++}` });
  }

  private signedIn(request: Request, response: Response, next: NextFunction): void {
    const token = /^Bearer (.+)$/.exec(request.get("authorization") ?? "")?.[1] ?? "";
    if (this.context.tokens.accepts(`ledger_${this.edition}`, token)) return next();
    refuse(response, { status: 401, field: null, message: "The token is not valid" });
  }

  private upsert(request: Request, response: Response): void {
    const { items } = request.body as { items?: Fields[] };
    if (!Array.isArray(items) || items.length > MOST_AT_ONCE) {
      return refuse(response, { status: 400, field: "items", message: `Send up to ${MOST_AT_ONCE} items` });
    }
    const results: object[] = [];
    const errors: object[] = [];
    for (const item of items) {
      const refusal = this.refusal(typeOf(request), item, true);
      if (refusal) errors.push({ key: item["key"], field: refusal.field, message: refusal.message });
      else results.push(this.upsertOne(request, item));
    }
    response.json({ results, errors });
  }

  private upsertOne(request: Request, item: Fields): object {
    const table = this.table(request);
    const known = table?.byUnique("key", item["key"]);
    const record = known ? table?.update(known.id, item) : table?.insert(item);
    if (record) this.wrote(request, record, known ? "updated" : "created", 200, item);
    return { key: item["key"], id: record?.id, created: !known };
  }

  private create(request: Request, response: Response): void {
    const key = request.get("idempotency-key");
    if (this.edition !== "window" || key === undefined) return this.createNew(request, response);
    const recalled = this.window.recall(key, request.body);
    if (recalled.is === "repeat") {
      response.status(recalled.answer.status).json(recalled.answer.body);
    } else if (recalled.is === "other_body") {
      refuse(response, { status: 422, field: null, message: "This key was used for another request" });
    } else
      this.createNew(request, response, (status, body) => this.window.remember(key, request.body, { status, body }));
  }

  private createNew(
    request: Request,
    response: Response,
    made: (status: number, body: unknown) => void = () => undefined,
  ): void {
    const fields = request.body as Fields;
    const refusal = this.refusal(typeOf(request), fields, true);
    if (refusal) return refuse(response, refusal);
    const record = this.table(request)?.insert(fields);
    if (!record) return refuse(response, { status: 404, field: null, message: "There is no such type" });
    this.wrote(request, record, "created", 201, fields);
    made(201, { id: record.id });
    response.status(201).json({ id: record.id });
  }

  private search(request: Request, response: Response): void {
    const { key } = request.query;
    const found = this.table(request)?.indexed() ?? [];
    const records = found.filter((record) => key === undefined || record.fields["key"] === key);
    response.json({ records: records.map(({ id, fields }) => ({ id, key: fields["key"] })) });
  }

  private update(request: Request, response: Response): void {
    const table = this.table(request);
    const id = idOf(request);
    if (!table?.get(id)) return refuse(response, { status: 404, field: null, message: "There is no such record" });
    const fields = request.body as Fields;
    const refusal = this.refusal(typeOf(request), fields, false);
    if (refusal) return refuse(response, refusal);
    const record = table.update(id, fields);
    if (record) this.wrote(request, record, "updated", 200, fields);
    response.json({ id });
  }

  private remove(request: Request, response: Response): void {
    const table = this.table(request);
    const record = table?.get(idOf(request));
    if (!table || !record) return refuse(response, { status: 404, field: null, message: "There is no such record" });
    table.remove(record.id);
    this.wrote(request, record, "deleted", 204, {});
    response.status(204).end();
  }

  /** A name is needed, and an entry stands in an account that exists. */
  private refusal(type: string, fields: Fields, whole: boolean): Refusal | null {
    if (!this.tables[type]) return { status: 404, field: null, message: "There is no such type" };
    const lacks = (name: string): boolean => (whole || name in fields) && textOf(fields[name]) === "";
    if (lacks("name")) return { status: 422, field: "name", message: "A name is needed" };
    if (type !== "entry" || (!whole && !("account_id" in fields))) return null;
    if (this.tables["account"]?.get(textOf(fields["account_id"]))) return null;
    return { status: 422, field: "account_id", message: "There is no such account" };
  }

  private table(request: Request): Table | undefined {
    return this.tables[typeOf(request)];
  }

  private wrote(
    request: Request,
    record: StoredRecord,
    effect: "created" | "updated" | "deleted",
    status: number,
    values: Fields,
  ): void {
    const key = textOf(record.fields["key"]);
    this.context.wrote(request, { type: typeOf(request), key, remoteId: record.id, effect, status, values });
  }
}

function refuse(response: Response, { status, field, message }: Refusal): void {
  response.status(status).json({ error: { field, message } });
}

const typeOf = (request: Request): string => textOf(request.params["type"]);
const idOf = (request: Request): string => textOf(request.params["id"]);

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
