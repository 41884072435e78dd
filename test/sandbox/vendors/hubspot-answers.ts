import { randomUUID } from "node:crypto";
import type { Response } from "express";
import type { Fields, StoredRecord, Table } from "../store";
import { typeNamed, unaskedOf } from "./hubspot-properties";
import type { VendorContext } from "./vendor";

/** What the handlers of one HubSpot account share. */
export interface HubSpotAccount {
  context: VendorContext;
  tables: Map<string, Table>;
  properties: Map<string, Set<string>>;
}

export interface Found {
  type: string;
  table: Table;
}

export function tableOf(account: HubSpotAccount, name: string, response: Response): Found | null {
  const type = typeNamed(name);
  const table = account.tables.get(type ?? "");
  if (type !== null && table) return { type, table };
  fail(response, 400, "VALIDATION_ERROR", `Unable to infer object type from: ${name}`);
  return null;
}

/** Whether every property exists and fits; answers as HubSpot does when not. */
export function writable(account: HubSpotAccount, type: string, properties: Fields, response: Response): boolean {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (!account.properties.get(type)?.has(name)) {
      invalidProperty(response, name, "PROPERTY_DOESNT_EXIST", `Property "${name}" does not exist`);
      return false;
    }
    if (name === "email" && typeof value === "string" && value !== "" && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value)) {
      invalidProperty(response, name, "INVALID_EMAIL", `Email address ${value} is invalid`);
      return false;
    }
    if (name === "amount" && value !== "" && Number.isNaN(Number(value))) {
      invalidProperty(response, name, "INVALID_INTEGER", `${String(value)} was not a valid number.`);
      return false;
    }
  }
  return true;
}

function invalidProperty(response: Response, name: string, error: string, message: string): void {
  const detail = { isValid: false, message, error, name, localizedErrorMessage: message };
  response.status(400).json({
    ...errorBody("VALIDATION_ERROR", `Property values were not valid: [${JSON.stringify(detail)}]`),
    errors: [{ message, code: error, context: { propertyName: [name] } }],
  });
}

export function invalid(response: Response, message: string): void {
  fail(response, 400, "VALIDATION_ERROR", message);
}

export function fail(response: Response, status: number, category: string, message: string): void {
  response.status(status).json(errorBody(category, message));
}

function errorBody(category: string, message: string): object {
  return { status: "error", message, correlationId: randomUUID(), category };
}

/** HubSpot keeps every property as text. */
export function texts(properties: Fields): Fields {
  return Object.fromEntries(
    Object.entries(properties ?? {}).map(([name, value]) => [
      name,
      value === null ? "" : typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** Names that a record's associations have in answers, by the type at the other end. */
const PLURALS: Record<string, string> = { company: "companies", contact: "contacts", deal: "deals", order: "orders" };

/** `type:id` of the records that a record is associated with. */
export function associationsOf(record: StoredRecord | null): string[] {
  const known = record?.fields["associations"];
  return Array.isArray(known) ? (known as string[]) : [];
}

function associatedIds(record: StoredRecord, type: string): string[] {
  return associationsOf(record).flatMap((one) => (one.startsWith(`${type}:`) ? [one.slice(type.length + 1)] : []));
}

/** What HubSpot keeps by itself: ids, times, the primary company of people and deals, and what was merged into the record. */
function kept({ type, table }: Found, record: StoredRecord): Fields {
  const at = (ms: number): string => new Date(ms).toISOString();
  const merged = table.mergedFrom(record.id);
  return {
    hs_object_id: record.id,
    createdate: at(record.createdAt),
    [type === "contact" ? "lastmodifieddate" : "hs_lastmodifieddate"]: at(record.updatedAt),
    ...(type === "contact" ? { associatedcompanyid: associatedIds(record, "company")[0] ?? null } : {}),
    ...(type === "deal" ? { hs_primary_associated_company: associatedIds(record, "company")[0] ?? null } : {}),
    ...(merged.length > 0 ? { hs_merged_object_ids: merged.join(";") } : {}),
  };
}

/** What a reader asks for; without properties HubSpot answers its few own ones. */
export function wanted({ type }: Found, asked: { properties?: string[]; associations?: string[] }): typeof asked {
  return { ...asked, properties: asked.properties ?? unaskedOf(type) };
}

/** `asked`: the properties wanted and the types of associations; everything where absent, as in answers to writes. */
export function dressed(
  found: Found,
  record: StoredRecord,
  asked: { properties?: string[]; associations?: string[] } = {},
): object {
  const at = (ms: number): string => new Date(ms).toISOString();
  const own = Object.fromEntries(Object.entries(record.fields).filter(([name]) => name !== "associations"));
  const all: Fields = { ...own, ...kept(found, record) };
  const always = ["hs_object_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate"].filter(
    (name) => name in all,
  );
  const names = asked.properties ? [...new Set([...always, ...asked.properties])] : Object.keys(all);
  const associations = (asked.associations ?? []).flatMap((name) => {
    const type = typeNamed(name) ?? "";
    const results = associatedIds(record, type).map((id) => ({ id, type: `${found.type}_to_${type}` }));
    return results.length > 0 ? [[PLURALS[type] ?? type, { results }] as const] : [];
  });
  return {
    id: record.id,
    properties: Object.fromEntries(names.map((name) => [name, all[name] ?? null])),
    createdAt: at(record.createdAt),
    updatedAt: at(record.updatedAt),
    archived: false,
    ...(associations.length > 0 ? { associations: Object.fromEntries(associations) } : {}),
  };
}

export function pageOf(
  found: Found,
  records: StoredRecord[],
  limit: number,
  after: number,
  asked: { properties?: string[] } = {},
): object {
  const results = records.slice(after, after + limit).map((record) => dressed(found, record, asked));
  const next = after + limit;
  return next < records.length ? { results, paging: { next: { after: String(next), link: "" } } } : { results };
}
