import express, { type NextFunction, type Request, type Response, type Router } from "express";
import type { Fields, StoredRecord, Table } from "../store";
import { clockifyAnswer, duration, without, WORKSPACE } from "./clockify-answers";
import { clockifyApprovals } from "./clockify-approvals";
import type { Vendor, VendorContext } from "./vendor";

const TYPES = ["user", "client", "project", "task", "time_entry", "expense", "category", "approval"] as const;
export type ClockifyType = (typeof TYPES)[number];

/** What the handlers of one workspace share. */
export interface ClockifyWorkspace {
  context: VendorContext;
  tables: Record<ClockifyType, Table>;
}

/** Clockify: key in a header, numbered pages with a `Last-Page` header, full replacement on PUT, locked once approved or invoiced. */
export const clockify: Vendor = {
  code: "clockify",
  router(context) {
    let next = 0x64b0_0000;
    const nextId = (): string => `${(next++).toString(16)}9ae1f428e7ebe303`;
    const define = (type: ClockifyType): Table => context.store.define("clockify", type, { nextId });
    const tables = Object.fromEntries(TYPES.map((type) => [type, define(type)])) as Record<ClockifyType, Table>;
    const workspace = { context, tables };
    const router = express.Router();
    router.use(signedIn(context));
    router.use(express.json({ limit: "1mb" }));
    router.get("/v1/user", (_request, response) => {
      const hub = { id: "5a0ab5acb07987125438b60f", createdAt: 0, updatedAt: 0, deleted: false };
      response.json(clockifyAnswer("user", { ...hub, fields: { email: "hub@example.com", name: "Hub" } }));
    });
    router.use("/v1/workspaces/:workspace", (request, response, go) =>
      request.params.workspace === WORKSPACE ? go() : refuse(response, 403, 4017, "Access Denied"),
    );
    const root = "/v1/workspaces/:workspace";
    listRoutes(router, root, workspace);
    entryRoutes(router, root, workspace);
    clockifyApprovals(router, root, workspace);
    router.use((_request, response) => refuse(response, 404, 3002, "No resource found."));
    return router;
  },
};

function signedIn(context: VendorContext) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (context.tokens.accepts("clockify", request.get("x-api-key") ?? "")) return next();
    refuse(response, 401, 4003, "Api key does not exist");
  };
}

export function refuse(response: Response, status: number, code: number, message: string): void {
  response.status(status).json({ message, code });
}

/** One page of a list, with the header that says whether it is the last. */
export function page<Item>(request: Request, response: Response, items: readonly Item[]): Item[] {
  const number = Number(request.query["page"] ?? 1);
  const size = Number(request.query["page-size"] ?? 50);
  response.setHeader("Last-Page", String(number * size >= items.length));
  return items.slice((number - 1) * size, number * size);
}

function listRoutes(router: Router, root: string, { tables }: ClockifyWorkspace): void {
  const list = (
    path: string,
    type: ClockifyType,
    passes = (_request: Request, _record: StoredRecord) => true,
  ): void => {
    router.get(`${root}${path}`, (request, response) => {
      const name = request.query["name"];
      const records = tables[type]
        .indexed()
        .filter((record) => passes(request, record) && (name === undefined || record.fields["name"] === name));
      response.json(page(request, response, records).map((record) => clockifyAnswer(type, record)));
    });
  };
  list("/users", "user");
  list("/projects", "project");
  list("/clients", "client");
  list("/projects/:project/tasks", "task", ({ params }, { fields }) => fields["projectId"] === params["project"]);
  list("/user/:user/time-entries", "time_entry", ({ params }, { fields }) => fields["userId"] === params["user"]);
  const one = (path: string, type: ClockifyType): void => {
    router.get(`${root}${path}/:id`, (request, response) => {
      const record = tables[type].get(String(request.params["id"]));
      if (!record) return refuse(response, 404, 501, `${type} doesn't belong to Workspace`);
      response.json(clockifyAnswer(type, record));
    });
  };
  router.get(`${root}/expenses/categories`, (request, response) => {
    const categories = tables.category.live().map((record) => ({
      ...{ archived: false, hasUnitPrice: false, priceInCents: 0, unit: "" },
      ...clockifyAnswer("category", record),
    }));
    response.json({ count: categories.length, categories: page(request, response, categories) });
  });
  router.get(`${root}/expenses`, (request, response) => {
    const expenses = tables.expense.indexed().map((record) => {
      const expense = clockifyAnswer("expense", record);
      const [category, project] = [
        named(tables.category, expense["categoryId"]),
        named(tables.project, expense["projectId"]),
      ];
      return { ...without(expense, "categoryId", "projectId", "taskId"), category, project };
    });
    const shown = page(request, response, expenses);
    response.json({ expenses: { count: expenses.length, expenses: shown }, dailyTotals: [], weeklyTotals: [] });
  });
  one("/projects", "project");
  one("/clients", "client");
  one("/projects/:project/tasks", "task");
  one("/expenses", "expense");
}

function named(table: Table, id: unknown): Fields | undefined {
  const record = table.get(String(id));
  return record ? { id: record.id, name: record.fields["name"] } : undefined;
}

function entryRoutes(router: Router, root: string, { tables, context }: ClockifyWorkspace): void {
  router.patch(`${root}/time-entries/invoiced`, (request, response) => {
    const { invoiced, timeEntryIds } = request.body as { invoiced: boolean; timeEntryIds: string[] };
    const missing = timeEntryIds.find((id) => !tables.time_entry.get(id));
    if (missing !== undefined) return refuse(response, 400, 501, `Time entry ${missing} doesn't belong to Workspace`);
    for (const id of timeEntryIds) {
      const isApproved = tables.time_entry.get(id)?.fields["approved"] === true;
      tables.time_entry.update(id, { invoiced, isLocked: invoiced || isApproved });
      context.wrote(request, { type: "time_entry", key: null, remoteId: id, effect: "updated", status: 200 });
    }
    response.status(200).end();
  });
  router.get(`${root}/time-entries/:id`, (request, response) => {
    const record = tables.time_entry.get(request.params["id"] ?? "");
    if (!record) return refuse(response, 404, 501, "Time entry doesn't belong to Workspace");
    const interval = record.fields["timeInterval"] as { start: string; end: string };
    response.json({
      ...clockifyAnswer("time_entry", record),
      timeInterval: { ...interval, duration: duration(interval) },
    });
  });
  router.delete(`${root}/time-entries/:id`, (request, response) => {
    const record = tables.time_entry.get(request.params["id"] ?? "");
    if (!record) return refuse(response, 404, 501, "Time entry doesn't belong to Workspace");
    if (record.fields["isLocked"] === true) return refuse(response, 400, 501, "Time entry is locked");
    tables.time_entry.remove(record.id);
    response.status(204).end();
  });
}
