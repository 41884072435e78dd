import { randomUUID } from "node:crypto";
import type { Response } from "express";
import type { Fields, StoredRecord, Table } from "../store";
import { typeNamed } from "./hubspot-properties";
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

export function dressed(record: StoredRecord): object {
  const at = (ms: number): string => new Date(ms).toISOString();
  const own = Object.fromEntries(Object.entries(record.fields).filter(([name]) => name !== "associations"));
  const properties = { ...own, hs_object_id: record.id, createdate: at(record.createdAt) };
  return {
    id: record.id,
    properties,
    createdAt: at(record.createdAt),
    updatedAt: at(record.updatedAt),
    archived: false,
  };
}

export function pageOf(records: StoredRecord[], limit: number, after: number): object {
  const results = records.slice(after, after + limit).map(dressed);
  const next = after + limit;
  return next < records.length ? { results, paging: { next: { after: String(next), link: "" } } } : { results };
}
