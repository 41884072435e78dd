import express, { type NextFunction, type Request, type Response, type Router } from "express";
import type { Fields, StoredRecord, Table } from "../store";
import { invalidField, IN_DIRECTORY, KNOWN } from "./bamboohr-fields";
import { bamboohrTimeOff } from "./bamboohr-time-off";
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
    listRoutes(router, employees);
    writeRoutes(router, context, employees);
    readRoutes(router, employees);
    bamboohrTimeOff(router, context);
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

/** The directory of active people, and who was added, changed or deleted since a moment. */
function listRoutes(router: Router, employees: Table): void {
  router.get("/api/v1/employees/directory", (_request, response) => {
    const active = employees.indexed().filter(({ fields }) => fields["status"] !== "Inactive");
    if (active.length === 0) return refuse(response, 404, "The directory is empty");
    response.json({
      fields: IN_DIRECTORY.map((id) => ({ id, type: "text", name: id })),
      employees: active.map(inDirectory),
    });
  });
  router.get("/api/v1/employees/changed", (request, response) => {
    const since = Date.parse(textOf(request.query["since"]));
    if (Number.isNaN(since)) return refuse(response, 400, "The since parameter is missing or no date");
    const action = (record: StoredRecord): string =>
      record.deleted ? "Deleted" : record.createdAt > since ? "Inserted" : "Updated";
    const type = textOf(request.query["type"]);
    const changed = employees
      .all()
      .filter((record) => record.updatedAt > since)
      .map((record) => ({
        id: record.id,
        action: action(record),
        lastChanged: new Date(record.updatedAt).toISOString(),
      }))
      .filter((entry) => type === "" || type === "all" || entry.action.toLowerCase() === type);
    const latest = changed.at(-1)?.lastChanged ?? new Date(since).toISOString();
    response.json({ latest, employees: Object.fromEntries(changed.map((entry) => [entry.id, entry])) });
  });
}

function inDirectory(record: StoredRecord): object {
  const shown = {
    ...record.fields,
    displayName: `${textOf(record.fields["firstName"])} ${textOf(record.fields["lastName"])}`,
  };
  const values = IN_DIRECTORY.map((name) => [name, (shown as Fields)[name] ?? null] as const);
  return { id: record.id, ...Object.fromEntries(values), photoUploaded: false, canUploadPhoto: 0 };
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
