import type { JsonObject } from "../../../sidecar/domain/json";

/** The mapping that is measured: 12 fields, among them a lookup, a condition and a list; the records hold five lines. */
export const DEFINITION: JsonObject = {
  title: "Invoice",
  version: 1,
  source: { object: "invoice", version: 1 },
  target: { type: "invoice" },
  whenEmpty: "null",
  lines: [
    { to: "reference", from: "id" },
    { to: "number", from: "number" },
    { to: "issued", from: "date" },
    { to: "due", from: "dueDate" },
    { to: "currency", from: "currency" },
    { to: "net", from: "untaxed" },
    { to: "tax", from: "tax" },
    { to: "gross", from: "total" },
    { to: "customer", from: "customer.name" },
    { to: "state", from: "status", lookup: { table: { draft: "DRAFT", posted: "AUTHORISED", cancelled: "VOIDED" } } },
    { to: "overdue", const: true, when: { from: "residual", gt: 0 } },
    {
      to: "items",
      each: "lines",
      lines: [
        { to: "text", from: "description" },
        { to: "quantity", from: "quantity" },
        { to: "price", from: "unitPrice" },
        { to: "amount", from: "subtotal" },
      ],
    },
  ],
};

const STATES = new Map([
  ["draft", "DRAFT"],
  ["posted", "AUTHORISED"],
  ["cancelled", "VOIDED"],
]);

interface Line {
  description: string | null;
  quantity: number | null;
  unitPrice: number | null;
  subtotal: number | null;
}

interface Invoice {
  id: string;
  number: string;
  date: string | null;
  dueDate: string | null;
  currency: string;
  untaxed: number;
  tax: number;
  total: number;
  customer: { name: string | null } | null;
  status: string;
  residual: number;
  lines: Line[];
}

/** What a programmer writes who knows that every field is there. */
export function byHand(input: JsonObject): unknown {
  const invoice = input as unknown as Invoice;
  const document: Record<string, unknown> = {
    reference: invoice.id,
    number: invoice.number,
    issued: invoice.date,
    due: invoice.dueDate,
    currency: invoice.currency,
    net: invoice.untaxed,
    tax: invoice.tax,
    gross: invoice.total,
    customer: invoice.customer === null ? null : invoice.customer.name,
    state: stateOf(invoice.status),
  };
  if (invoice.residual > 0) document["overdue"] = true;
  document["items"] = invoice.lines.map((line) => ({
    text: line.description,
    quantity: line.quantity,
    price: line.unitPrice,
    amount: line.subtotal,
  }));
  return document;
}

/** The same by hand with what the language promises: empty texts become null, and what is absent is left out. */
export function byHandOmitting(input: JsonObject): unknown {
  const invoice = input as unknown as Invoice;
  const document: Record<string, unknown> = {};
  put(document, "reference", invoice.id);
  put(document, "number", invoice.number);
  put(document, "issued", invoice.date);
  put(document, "due", invoice.dueDate);
  put(document, "currency", invoice.currency);
  put(document, "net", invoice.untaxed);
  put(document, "tax", invoice.tax);
  put(document, "gross", invoice.total);
  put(document, "customer", invoice.customer === null ? null : invoice.customer?.name);
  put(document, "state", stateOf(invoice.status));
  if (typeof invoice.residual === "number" && invoice.residual > 0) document["overdue"] = true;
  if (Array.isArray(invoice.lines)) {
    document["items"] = invoice.lines.map((line) => {
      const item: Record<string, unknown> = {};
      put(item, "text", line.description);
      put(item, "quantity", line.quantity);
      put(item, "price", line.unitPrice);
      put(item, "amount", line.subtotal);
      return item;
    });
  }
  return document;
}

function put(out: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) return;
  out[key] = value === "" ? null : value;
}

function stateOf(status: string): string {
  const state = STATES.get(status);
  if (state === undefined) throw new Error(`unknown status ${status}`);
  return state;
}

export const JSONATA = `{
  "reference": id, "number": number, "issued": date, "due": dueDate, "currency": currency,
  "net": untaxed, "tax": tax, "gross": total, "customer": customer.name,
  "state": $lookup({"draft": "DRAFT", "posted": "AUTHORISED", "cancelled": "VOIDED"}, status),
  "overdue": residual > 0 ? true,
  "items": lines.{"text": description, "quantity": quantity, "price": unitPrice, "amount": subtotal}
}`;

export const JSON_E: JsonObject = {
  reference: { $eval: "id" },
  number: { $eval: "number" },
  issued: { $eval: "date" },
  due: { $eval: "dueDate" },
  currency: { $eval: "currency" },
  net: { $eval: "untaxed" },
  tax: { $eval: "tax" },
  gross: { $eval: "total" },
  customer: { $eval: "customer.name" },
  state: { $switch: { "status == 'draft'": "DRAFT", "status == 'posted'": "AUTHORISED", $default: "VOIDED" } },
  overdue: { $if: "residual > 0", then: true },
  items: {
    $map: { $eval: "lines" },
    "each(line)": {
      text: { $eval: "line.description" },
      quantity: { $eval: "line.quantity" },
      price: { $eval: "line.unitPrice" },
      amount: { $eval: "line.subtotal" },
    },
  },
};

/** A schema of 25 properties, those of the record's lines included. */
export const SCHEMA: JsonObject = {
  type: "object",
  additionalProperties: false,
  required: ["id", "number", "status"],
  properties: {
    id: { type: "string", pattern: "^[a-z0-9_.]+,[0-9]+$" },
    number: { type: "string", minLength: 1, maxLength: 64 },
    status: { enum: ["draft", "posted", "cancelled"] },
    currency: { type: "string", pattern: "^[A-Z]{3}$" },
    customer: { type: ["object", "null"], properties: { name: { type: ["string", "null"] } } },
    lines: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        properties: {
          description: { type: ["string", "null"] },
          ...numbers(["quantity", "unitPrice", "subtotal"]),
        },
      },
    },
    ...numbers(["untaxed", "tax", "total", "residual"]),
    ...texts(["date", "dueDate", "note", "origin", "incoterm", "team", "journal", "period", "terms"]),
  },
};

function numbers(names: string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, { type: ["number", "null"] }]));
}

function texts(names: string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, { type: ["string", "null"], maxLength: 255 }]));
}

/** Records as they come off the queue: parsed from text, each its own object. */
export function invoices(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, index) => {
    const line = (n: number): JsonObject => ({
      description: `Day rate ${n}`,
      quantity: n,
      unitPrice: 100.5,
      subtotal: n * 100.5,
    });
    const invoice: JsonObject = {
      id: `account.move,${index}`,
      number: `INV/2026/${index}`,
      date: "2026-11-22",
      dueDate: index % 4 === 0 ? null : "2026-12-22",
      currency: "EUR",
      untaxed: 1507.5,
      tax: 316.58,
      total: 1824.08,
      customer: { name: "Acme" },
      status: (["draft", "posted", "cancelled"] as const)[index % 3] as string,
      residual: index % 2 === 0 ? 1824.08 : 0,
      lines: [line(1), line(2), line(3), line(4), line(5)],
    };
    return JSON.parse(JSON.stringify(invoice)) as JsonObject;
  });
}
