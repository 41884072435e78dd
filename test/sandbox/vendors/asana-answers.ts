import type { Request, Response } from "express";
import type { StoredRecord } from "../store";

/** Asana's error body. */
export function refuse(response: Response, status: number, message: string): void {
  const help =
    "For more information on API status codes and how to handle them, read the docs on errors: https://developers.asana.com/docs/errors";
  response.status(status).json({ errors: [{ message, help }] });
}

export function unknownObject(response: Response, what: string, gid: string): void {
  refuse(response, 404, `${what}: Unknown object: ${gid}`);
}

/**
 * A record as Asana answers it: by default everything for a single one and the compact form in lists; with `opt_fields` the gid and
 * the fields asked for.
 */
export function dressed(record: StoredRecord, resourceType: string, request: Request, compact: boolean): object {
  const whole: Record<string, unknown> = { gid: record.id, resource_type: resourceType, ...record.fields };
  const asked = request.query["opt_fields"];
  if (typeof asked === "string") {
    const names = asked.split(",").filter((name) => Object.hasOwn(whole, name));
    return { gid: record.id, ...Object.fromEntries(names.map((name) => [name, whole[name]])) };
  }
  if (compact) return { gid: record.id, resource_type: resourceType, name: whole["name"] };
  return whole;
}

/** One page of a list, or a refusal of the paging asked for. */
export function answerList(records: StoredRecord[], resourceType: string, request: Request, response: Response): void {
  const { limit: askedLimit, offset } = request.query;
  const limit = askedLimit === undefined ? records.length : Number(askedLimit);
  if (askedLimit !== undefined && !(limit >= 1 && limit <= 100)) {
    return refuse(response, 400, "limit: Value must be between 1 and 100.");
  }
  const start = offset === undefined ? 0 : readOffset(offset);
  if (start === null) return refuse(response, 400, "offset: Your pagination token is invalid.");
  const data = records.slice(start, start + limit).map((record) => dressed(record, resourceType, request, true));
  if (askedLimit === undefined) {
    response.json({ data });
    return;
  }
  const end = start + limit;
  const token = Buffer.from(`offset ${end}`, "utf8").toString("base64url");
  const path = `${request.path}?limit=${limit}&offset=${token}`;
  const next = { offset: token, path, uri: `https://app.asana.com/api/1.0${path}` };
  response.json({ data, next_page: end < records.length ? next : null });
}

function readOffset(token: unknown): number | null {
  if (typeof token !== "string") return null;
  const match = /^offset (\d+)$/.exec(Buffer.from(token, "base64url").toString("utf8"));
  return match ? Number(match[1]) : null;
}
