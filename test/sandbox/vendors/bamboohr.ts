import express, { type NextFunction, type Request, type Response, type Router } from "express";
import type { Fields, StoredRecord, Table } from "../store";
import { invalidField, KNOWN, OPTIONAL_IN_LIST } from "./bamboohr-fields";
import type { Vendor, VendorContext } from "./vendor";

/** BambooHR: basic sign-in, ids only in a Location header, reasons only in a header, XML unless JSON is asked for. */
export const bamboohr: Vendor = {
  code: "bamboohr",
  router(context) {
    let next = 101;
    const employees = context.store.define("bamboohr", "employee", { nextId: () => String(next++) });
    const router = express.Router();
    router.use(signedIn(context));
    router.use(express.json({ limit: "1mb" }));
    listRoute(router, employees);
    writeRoutes(router, context, employees);
    readRoutes(router, employees);
    router.use((_request, response) => {
      response.status(404).end();
    });
    return router;
  },
};

function signedIn(context: VendorContext) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const pair = /^Basic (.+)$/.exec(request.get("authorization") ?? "")?.[1] ?? "";
    const [user = ""] = Buffer.from(pair, "base64").toString("utf8").split(":");
    if (context.tokens.accepts("bamboohr", user)) return next();
    response.status(401).setHeader("WWW-Authenticate", 'Basic realm="BambooHR"').end();
  };
}

function listRoute(router: Router, employees: Table): void {
  router.get("/api/v1/employees", (request, response) => {
    const limit = Number(request.query["page[limit]"] ?? 250);
    const after = Number(request.query["page[after]"] ?? 0);
    if (!(limit >= 1 && limit <= 2500) || Number.isNaN(after)) {
      response.status(400).json({ error: { code: "BadPage", message: "Invalid pagination parameters." } });
      return;
    }
    const wanted = filtered(employees.indexed(), request);
    const page = wanted.slice(after, after + limit);
    const end = after + limit;
    const cursors = {
      limit,
      nextCursor: end < wanted.length ? String(end) : null,
      prevCursor: after > 0 ? String(Math.max(0, after - limit)) : null,
    };
    const fields = textOf(request.query["fields"]).split(",");
    response.json({
      data: page.map((record) => listed(record, fields)),
      meta: { total: wanted.length, page: cursors },
      _links: { self: { href: request.originalUrl } },
    });
  });
}

function filtered(records: StoredRecord[], request: Request): StoredRecord[] {
  const status = textOf(request.query["filter[status]"]);
  const contains = (record: StoredRecord, field: string): boolean => {
    const wanted = textOf(request.query[`filter[${field}]`]).toLowerCase();
    return textOf(record.fields[field]).toLowerCase().includes(wanted);
  };
  return records.filter(
    (record) =>
      (status === "" || textOf(record.fields["status"]).toLowerCase() === status) &&
      contains(record, "firstName") &&
      contains(record, "lastName"),
  );
}

function writeRoutes(router: Router, context: VendorContext, employees: Table): void {
  router.post("/api/v1/employees", (request, response) => {
    const fields = known(request.body as Fields);
    if (textOf(fields["firstName"]) === "" || textOf(fields["lastName"]) === "") {
      return refuse(response, 400, "First name and last name are required");
    }
    const invalid = invalidField(fields, employees, null);
    if (invalid !== null) return refuse(response, 409, invalid);
    const record = employees.insert({ status: "Active", ...fields });
    wrote(context, request, record, "created", 201);
    const base = `${request.protocol}://${request.get("host")}${request.baseUrl}`;
    response.status(201).setHeader("Location", `${base}/api/v1/employees/${record.id}`).end();
  });
  router.post("/api/v1/employees/:id", (request, response) => {
    const { id } = request.params;
    if (!employees.get(id)) return refuse(response, 404, "Employee not found");
    const fields = known(request.body as Fields);
    const invalid = invalidField(fields, employees, id);
    if (invalid !== null) return refuse(response, 409, invalid);
    const record = employees.update(id, fields);
    if (record) wrote(context, request, record, "updated", 200);
    response.status(200).end();
  });
}

function readRoutes(router: Router, employees: Table): void {
  router.get("/api/v1/employees/:id", (request, response) => {
    const record = employees.get(request.params.id);
    if (!record) return refuse(response, 404, "Employee not found");
    const asked = textOf(request.query["fields"] ?? "firstName,lastName").split(",");
    const fields = asked.filter((name) => KNOWN.has(name)).map((name) => [name, record.fields[name] ?? null] as const);
    if (!(request.get("accept") ?? "").includes("application/json")) {
      const xml = fields.map(([name, value]) => `<field id="${name}">${escaped(textOf(value))}</field>`).join("");
      response.type("application/xml").send(`<?xml version="1.0"?>\n<employee id="${record.id}">${xml}</employee>`);
      return;
    }
    response.json({ id: record.id, ...Object.fromEntries(fields) });
  });
  router.get("/api/v1/meta/fields", (_request, response) => {
    response.json([...KNOWN].map((alias, index) => ({ id: index + 1, name: alias, type: "text", alias })));
  });
}

/** BambooHR passes over fields it does not know. */
function known(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([name]) => KNOWN.has(name)));
}

function listed(record: StoredRecord, asked: string[]): object {
  const text = (name: string): string | null => (record.fields[name] as string | undefined) ?? null;
  const more = asked.filter((name) => Object.hasOwn(OPTIONAL_IN_LIST, name));
  return {
    employeeId: record.id,
    firstName: text("firstName"),
    lastName: text("lastName"),
    preferredName: text("preferredName"),
    photoUrl: null,
    jobTitleName: text("jobTitle"),
    status: text("status"),
    _restrictedFields: [],
    ...Object.fromEntries(more.map((name) => [name, text(OPTIONAL_IN_LIST[name] ?? "")])),
  };
}

function wrote(
  context: VendorContext,
  request: Request,
  record: StoredRecord,
  effect: "created" | "updated",
  status: number,
): void {
  const key = record.fields["customOdooReference"];
  context.wrote(request, {
    type: "employee",
    key: typeof key === "string" ? key : null,
    remoteId: record.id,
    effect,
    status,
  });
}

function refuse(response: Response, status: number, reason: string): void {
  response.status(status).setHeader("X-BambooHR-Error-Message", reason).end();
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
