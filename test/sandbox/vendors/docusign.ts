import { randomUUID } from "node:crypto";
import express, { type NextFunction, type Request, type Response, type Router } from "express";
import type { Fields, StoredRecord, Table } from "../store";
import { ACCOUNT, inList, shown, signedPdf, type FormField } from "./docusign-answers";
import type { Vendor, VendorContext } from "./vendor";

/** DocuSign eSignature: envelopes with their state, the form fields that signers filled in, and the signed file. */
export const docusign: Vendor = {
  code: "docusign",
  router(context) {
    const envelopes = context.store.define("docusign", "envelope", { nextId: () => randomUUID() });
    const router = express.Router();
    tokenRoute(router, context);
    router.use(signedIn(context));
    router.use(express.json({ limit: "5mb" }));
    const root = "/v2.1/accounts/:account/envelopes";
    router.use("/v2.1/accounts/:account", (request, response, next) =>
      request.params.account === ACCOUNT
        ? next()
        : refuse(response, 401, "USER_AUTHENTICATION_FAILED", "The account is not one of the user's."),
    );
    router.get("/v2.1/accounts/:account/custom_fields", (_request, response) => {
      response.json({ textCustomFields: [], listCustomFields: [] });
    });
    listRoute(router, root, envelopes);
    readRoutes(router, root, envelopes);
    writeRoutes(router, root, context, envelopes);
    router.use((_request, response) => refuse(response, 404, "RESOURCE_NOT_FOUND", "The URL is not served."));
    return router;
  },
};

function tokenRoute(router: Router, context: VendorContext): void {
  router.post("/oauth/token", express.urlencoded(), (request, response) => {
    const form = request.body as Record<string, string>;
    if (form["grant_type"] !== "refresh_token" || !context.tokens.accepts("docusign", form["refresh_token"] ?? "")) {
      response.status(400).json({ error: "invalid_grant", error_description: "expired_client_token" });
      return;
    }
    const token = `sandbox-docusign-${randomUUID()}`;
    context.tokens.issue("docusign", token);
    response.json({
      access_token: token,
      token_type: "Bearer",
      refresh_token: form["refresh_token"],
      expires_in: 28800,
    });
  });
}

function signedIn(context: VendorContext) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const token = /^Bearer (.+)$/.exec(request.get("authorization") ?? "")?.[1] ?? "";
    if (context.tokens.accepts("docusign", token)) return next();
    const message = "One or both of Username and Password are invalid. invalid access token";
    refuse(response, 401, "AUTHORIZATION_INVALID_TOKEN", message);
  };
}

function refuse(response: Response, status: number, errorCode: string, message: string): void {
  response.status(status).json({ errorCode, message });
}

/** Envelopes whose state changed since a moment, oldest first; the vendor wants a moment. */
function listRoute(router: Router, root: string, envelopes: Table): void {
  router.get(root, (request, response) => {
    const since = Date.parse(textOf(request.query["from_date"]));
    if (Number.isNaN(since)) return refuse(response, 400, "INVALID_REQUEST_PARAMETER", "from_date is missing.");
    const wanted = textOf(request.query["status"]).split(",").filter(Boolean);
    const [name, value] = textOf(request.query["custom_field"]).split("=");
    const found = envelopes
      .indexed()
      .filter((record) => record.updatedAt >= since)
      .filter(({ fields }) => wanted.length === 0 || wanted.includes(textOf(fields["status"])))
      .filter(({ fields }) => !name || customFields(fields).some((one) => one.name === name && one.value === value))
      .sort((a, b) => a.updatedAt - b.updatedAt);
    const start = Number(request.query["start_position"] ?? 0);
    const records = found.slice(start, start + Number(request.query["count"] ?? 100));
    const more = start + records.length < found.length;
    response.json({
      resultSetSize: String(records.length),
      startPosition: String(start),
      endPosition: String(Math.max(start + records.length - 1, 0)),
      totalSetSize: String(found.length),
      ...(more ? { nextUri: `${request.path}?start_position=${start + records.length}` } : {}),
      ...(records.length > 0 ? { envelopes: records.map((record) => inList(record)) } : {}),
    });
  });
}

function readRoutes(router: Router, root: string, envelopes: Table): void {
  const one = (path: string, answer: (record: StoredRecord, request: Request, response: Response) => void): void => {
    router.get(`${root}/:envelope${path}`, (request, response) => {
      const record = envelopes.get(String(request.params["envelope"]));
      if (record) answer(record, request, response);
      else refuse(response, 400, "ENVELOPE_DOES_NOT_EXIST", "The envelope specified does not exist.");
    });
  };
  one("", (record, request, response) => {
    response.json(shown(record, textOf(request.query["include"]).split(",")));
  });
  one("/form_data", ({ id, fields }, _request, response) => {
    response.json({
      envelopeId: id,
      status: fields["status"],
      emailSubject: fields["emailSubject"] ?? "",
      formData: formFields(fields).map((one) => ({ ...one, originalValue: "" })),
    });
  });
  one("/custom_fields", ({ fields }, _request, response) => {
    response.json({ textCustomFields: customFields(fields), listCustomFields: [] });
  });
  one("/documents/:document", (record, request, response) => {
    const { document } = request.params;
    if (document !== "combined" && document !== "1") {
      return refuse(response, 404, "DOCUMENT_DOES_NOT_EXIST", "The document specified was not found.");
    }
    response.type("application/pdf").send(signedPdf(record));
  });
}

function writeRoutes(router: Router, root: string, context: VendorContext, envelopes: Table): void {
  router.post(root, (request, response) => {
    const body = request.body as Fields;
    const record = envelopes.insert({ accountId: ACCOUNT, status: "created", ...body });
    context.wrote(request, { type: "envelope", key: null, remoteId: record.id, effect: "created", status: 201 });
    response.status(201).json({
      envelopeId: record.id,
      uri: `/envelopes/${record.id}`,
      status: record.fields["status"],
      statusDateTime: new Date(record.updatedAt).toISOString(),
    });
  });
  router.put(`${root}/:envelope`, (request, response) => {
    const record = envelopes.update(String(request.params["envelope"]), request.body as Fields);
    if (!record) return refuse(response, 400, "ENVELOPE_DOES_NOT_EXIST", "The envelope specified does not exist.");
    context.wrote(request, { type: "envelope", key: null, remoteId: record.id, effect: "updated", status: 200 });
    response.json({ envelopeId: record.id });
  });
}

function formFields(fields: Fields): FormField[] {
  return Array.isArray(fields["formData"]) ? (fields["formData"] as FormField[]) : [];
}

function customFields(fields: Fields): FormField[] {
  return Array.isArray(fields["customFields"]) ? (fields["customFields"] as FormField[]) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
