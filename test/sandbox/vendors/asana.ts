import express, { type NextFunction, type Request, type Response, type Router } from "express";
import type { Fields, StoredRecord, Table } from "../store";
import { answerList, dressed, refuse, unknownObject } from "./asana-answers";
import { fault } from "./asana-fields";
import { webhookRoutes } from "./asana-webhooks";
import type { Vendor, VendorContext } from "./vendor";

const WORKSPACE = "1200000000000001";
const REFERENCE = /^Odoo reference: (.+)$/m;

interface AsanaAccount {
  context: VendorContext;
  projects: Table;
  sections: Table;
  tasks: Table;
}

/** Asana: data envelope, opt_fields, opaque offsets, no upsert and no unique keys: what is created twice is there twice. */
export const asana: Vendor = {
  code: "asana",
  router(context) {
    let next = 1_200_000_000_000_100;
    const define = (type: string): Table => context.store.define("asana", type, { nextId: () => String(next++) });
    const account = { context, projects: define("project"), sections: define("section"), tasks: define("task") };
    const router = express.Router();
    router.use(signedIn(context));
    router.use(express.json({ limit: "1mb" }));
    accountRoutes(router);
    projectRoutes(router, account);
    sectionRoutes(router, account);
    taskRoutes(router, account);
    const watched = { ...account, webhooks: define("webhook"), workspace: WORKSPACE };
    webhookRoutes(router, context, watched, dataOf);
    router.use((request, response) =>
      refuse(response, 404, `No matching route for request ${request.method} ${request.path}`),
    );
    return router;
  },
};

function signedIn(context: VendorContext) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const token = /^Bearer (.+)$/.exec(request.get("authorization") ?? "")?.[1] ?? "";
    if (context.tokens.accepts("asana", token)) next();
    else refuse(response, 401, "Not Authorized");
  };
}

function accountRoutes(router: Router): void {
  const workspace = { gid: WORKSPACE, resource_type: "workspace", name: "Demo workspace" };
  router.get("/users/:gid", (_request, response) => {
    const user = { gid: "1200000000000002", resource_type: "user", name: "Integration", email: "hub@example.com" };
    response.json({ data: { ...user, workspaces: [workspace] } });
  });
  router.get("/workspaces", (_request, response) => {
    response.json({ data: [workspace], next_page: null });
  });
}

function projectRoutes(router: Router, account: AsanaAccount): void {
  const { projects, sections } = account;
  router.get("/projects", (request, response) => {
    const { workspace, team, archived } = request.query;
    if (workspace === undefined && team === undefined)
      return refuse(response, 400, "You should specify one of workspace, team");
    const wanted = projects
      .live()
      .filter(
        ({ fields }) =>
          (team === undefined || fields["team"] === team) &&
          (archived === undefined || String(fields["archived"]) === archived),
      );
    answerList(workspace === undefined || workspace === WORKSPACE ? wanted : [], "project", request, response);
  });
  router.post("/projects", (request, response) => {
    const fields = dataOf(request);
    if (fields["workspace"] === undefined && fields["team"] === undefined)
      return refuse(response, 400, "workspace: Missing input");
    if (fields["workspace"] !== undefined && fields["workspace"] !== WORKSPACE) {
      return refuse(response, 400, `workspace: Not a recognized ID: ${JSON.stringify(fields["workspace"])}`);
    }
    const wrong = fault("project", fields, true);
    if (wrong !== null) return refuse(response, 400, wrong);
    const empty = { archived: false, completed: false, notes: "", due_on: null, start_on: null };
    const record = projects.insert({ ...empty, ...fields }, (id) => ({
      permalink_url: `https://app.asana.com/1/${WORKSPACE}/project/${id}`,
      workspace: { gid: WORKSPACE, resource_type: "workspace", name: "Demo workspace" },
    }));
    sections.insert({ name: "Untitled section", project: record.id });
    note(account, request, "project", record, "created", 201);
    response.status(201).json({ data: dressed(record, "project", request, false) });
  });
  router.get("/projects/:gid", (request, response) => one(projects, "project", request, response));
  router.put("/projects/:gid", (request, response) => change(account, projects, "project", request, response));
  router.delete("/projects/:gid", (request, response) => remove(account, projects, "project", request, response));
}

function sectionRoutes(router: Router, account: AsanaAccount): void {
  const { projects, sections, tasks } = account;
  router.get("/projects/:gid/sections", (request, response) => {
    const { gid } = request.params;
    if (!projects.get(gid)) return unknownObject(response, "project", gid);
    answerList(
      sections.live().filter(({ fields }) => fields["project"] === gid),
      "section",
      request,
      response,
    );
  });
  router.post("/projects/:gid/sections", (request, response) => {
    const { gid } = request.params;
    const { name } = dataOf(request);
    if (!projects.get(gid)) return unknownObject(response, "project", gid);
    if (typeof name !== "string" || name === "") return refuse(response, 400, "name: Missing input");
    const record = sections.insert({ name, project: gid });
    note(account, request, "section", record, "created", 201);
    response.status(201).json({ data: { gid: record.id, resource_type: "section", name } });
  });
  router.post("/sections/:gid/addTask", (request, response) => {
    const section = sections.get(request.params.gid);
    const { task: gid } = dataOf(request);
    if (!section) return unknownObject(response, "section", request.params.gid);
    const task = typeof gid === "string" ? tasks.get(gid) : null;
    if (!task) return unknownObject(response, "task", String(gid));
    tasks.update(task.id, { section: section.id });
    response.json({ data: {} });
  });
}

function taskRoutes(router: Router, account: AsanaAccount): void {
  const { projects, tasks } = account;
  router.get("/tasks", (request, response) => {
    const { project, section } = request.query;
    if (project === undefined && section === undefined) {
      return refuse(
        response,
        400,
        "You should specify one of the following: project, tag, section, user task list, or assignee + workspace",
      );
    }
    if (typeof project === "string" && !projects.get(project)) return unknownObject(response, "project", project);
    const wanted = tasks
      .live()
      .filter(
        ({ fields }) =>
          (typeof project !== "string" || (fields["projects"] as string[]).includes(project)) &&
          (section === undefined || fields["section"] === section),
      );
    answerList(wanted, "task", request, response);
  });
  router.post("/tasks", (request, response) => {
    const fields = dataOf(request);
    const homes = Array.isArray(fields["projects"]) ? (fields["projects"] as string[]) : [];
    if (homes.length === 0 && !fields["parent"] && !fields["workspace"]) {
      return refuse(response, 400, "You should specify one of workspace, parent, projects");
    }
    const wrong = fault("task", fields, true);
    if (wrong !== null) return refuse(response, 400, wrong);
    const unknown = homes.find((gid) => !projects.get(gid));
    if (unknown !== undefined) return refuse(response, 400, `projects: Not a recognized ID: ${unknown}`);
    if (typeof fields["parent"] === "string" && !tasks.get(fields["parent"])) {
      return refuse(response, 400, `parent: Not a recognized ID: ${fields["parent"]}`);
    }
    const empty = { completed: false, notes: "", due_on: null, due_at: null, projects: [] };
    const record = tasks.insert({ ...empty, ...fields }, (id) => ({
      permalink_url: `https://app.asana.com/1/${WORKSPACE}/task/${id}`,
    }));
    note(account, request, "task", record, "created", 201);
    response.status(201).json({ data: dressed(shown(record), "task", request, false) });
  });
  router.get("/tasks/:gid", (request, response) => one(tasks, "task", request, response));
  router.get("/tasks/:gid/subtasks", (request, response) => {
    const { gid } = request.params;
    if (!tasks.get(gid)) return unknownObject(response, "task", gid);
    answerList(
      tasks.live().filter(({ fields }) => fields["parent"] === gid),
      "task",
      request,
      response,
    );
  });
  router.put("/tasks/:gid", (request, response) => change(account, tasks, "task", request, response));
  router.delete("/tasks/:gid", (request, response) => remove(account, tasks, "task", request, response));
}

function one(table: Table, type: string, request: Request<{ gid: string }>, response: Response): void {
  const record = table.get(request.params.gid);
  if (!record) return unknownObject(response, type, request.params.gid);
  response.json({ data: dressed(shown(record), type, request, false) });
}

function change(
  account: AsanaAccount,
  table: Table,
  type: "project" | "task",
  request: Request<{ gid: string }>,
  response: Response,
): void {
  const { gid } = request.params;
  if (!table.get(gid)) return unknownObject(response, type, gid);
  const fields = dataOf(request);
  const wrong = fault(type, fields, false);
  if (wrong !== null) return refuse(response, 400, wrong);
  const record = table.update(gid, fields);
  if (!record) return unknownObject(response, type, gid);
  note(account, request, type, record, "updated", 200);
  response.json({ data: dressed(shown(record), type, request, false) });
}

function remove(
  account: AsanaAccount,
  table: Table,
  type: string,
  request: Request<{ gid: string }>,
  response: Response,
): void {
  const record = table.get(request.params.gid);
  if (!record) return unknownObject(response, type, request.params.gid);
  table.remove(record.id);
  note(account, request, type, record, "deleted", 200);
  response.json({ data: {} });
}

/** Asana answers references as objects where it takes them as gids. */
function shown(record: StoredRecord): StoredRecord {
  const { projects, parent, assignee, ...rest } = record.fields;
  const fields = Object.fromEntries(Object.entries(rest).filter(([name]) => name !== "section"));
  const reference = (gid: unknown, type: string): object | null =>
    typeof gid === "string" ? { gid, resource_type: type, name: "" } : null;
  return {
    ...record,
    fields: {
      ...fields,
      ...(Array.isArray(projects) ? { projects: projects.map((gid) => reference(gid, "project")) } : {}),
      ...(parent === undefined ? {} : { parent: reference(parent, "task") }),
      ...(assignee === undefined ? {} : { assignee: reference(assignee, "user") }),
    },
  };
}

function dataOf(request: { body?: unknown }): Fields {
  const { data } = (request.body ?? {}) as { data?: Fields };
  return data ?? {};
}

function note(
  account: AsanaAccount,
  request: Request,
  type: string,
  record: StoredRecord,
  effect: "created" | "updated" | "deleted",
  status: number,
): void {
  const notes = record.fields["notes"];
  const key = typeof notes === "string" ? (REFERENCE.exec(notes)?.[1] ?? null) : null;
  account.context.wrote(request, { type, key, remoteId: record.id, effect, status });
}
