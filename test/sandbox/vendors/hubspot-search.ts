import type { Router } from "express";
import type { StoredRecord } from "../store";
import { invalid, pageOf, tableOf, wanted, type HubSpotAccount } from "./hubspot-answers";

type Operator = "EQ" | "NEQ" | "GT" | "GTE" | "LT" | "LTE";

interface SearchBody {
  filterGroups?: { filters: { propertyName: string; operator?: Operator; value: string }[] }[];
  sorts?: { propertyName: string; direction?: "ASCENDING" | "DESCENDING" }[];
  properties?: string[];
  limit?: number;
  after?: string;
}

/** Search over an index that lags: filters (times compare as milliseconds), one sort, pages, at most 10,000 results. */
export function hubspotSearch(router: Router, account: HubSpotAccount): void {
  router.post("/crm/v3/objects/:type/search", (request, response) => {
    const found = tableOf(account, request.params.type, response);
    if (!found) return;
    const body = request.body as SearchBody;
    const { filterGroups = [], limit = 10, after = "0" } = body;
    if (limit > 200) return invalid(response, "limit must be at most 200");
    if (Number(after) + limit > 10_000) return invalid(response, "Search is limited to 10,000 results.");
    const records = found.table
      .indexed()
      .filter(
        (record) =>
          filterGroups.length === 0 ||
          filterGroups.some(({ filters }) =>
            filters.every(({ propertyName, operator = "EQ", value }) =>
              holds(operator, valueOf(record, propertyName), timeOr(value)),
            ),
          ),
      );
    const [sort] = body.sorts ?? [];
    if (sort) {
      const sign = sort.direction === "DESCENDING" ? -1 : 1;
      records.sort((a, b) => sign * compare(valueOf(a, sort.propertyName), valueOf(b, sort.propertyName)));
    }
    const asked = wanted(found, body.properties ? { properties: body.properties } : {});
    response.json({ total: records.length, ...pageOf(found, records, limit, Number(after), asked) });
  });
}

/** Times and ids as numbers, all else as the text that HubSpot keeps. */
function valueOf(record: StoredRecord, name: string): string | number {
  if (name === "hs_lastmodifieddate" || name === "lastmodifieddate") return Math.floor(record.updatedAt);
  if (name === "createdate") return Math.floor(record.createdAt);
  if (name === "hs_object_id") return Number(record.id);
  const value = record.fields[name];
  return typeof value === "string" ? value : "";
}

function timeOr(value: string): string | number {
  if (/^\d+$/.test(value)) return Number(value);
  const at = /^\d{4}-\d{2}-\d{2}T/.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? value : at;
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function holds(operator: Operator, a: string | number, b: string | number): boolean {
  const order = compare(a, b);
  switch (operator) {
    case "EQ":
      return order === 0;
    case "NEQ":
      return order !== 0;
    case "GT":
      return order > 0;
    case "GTE":
      return order >= 0;
    case "LT":
      return order < 0;
    case "LTE":
      return order <= 0;
  }
}
