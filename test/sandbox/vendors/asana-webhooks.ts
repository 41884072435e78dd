import { randomBytes } from "node:crypto";
import type { Response, Router } from "express";
import type { Fields, StoredRecord, Table } from "../store";
import { ASANA_HEARTBEAT } from "../webhooks/asana";
import { refuse, unknownObject } from "./asana-answers";
import type { VendorContext } from "./vendor";

/** What a webhook may be about, and how it is found. */
export interface Watched {
  projects: Table;
  tasks: Table;
  webhooks: Table;
  workspace: string;
}

/**
 * Subscriptions: while one is made, Asana hands its secret over to the target and wants it back. Each has a secret of its own, and tells of
 * its project with all tasks in it, of one task, or of the workspace.
 */
export function webhookRoutes(
  router: Router,
  { webhooks: sender }: Pick<VendorContext, "webhooks">,
  watched: Watched,
  dataOf: (request: { body?: unknown }) => Fields,
): void {
  const { webhooks } = watched;
  router.get("/webhooks", (request, response) => {
    if (request.query["workspace"] === undefined) return refuse(response, 400, "workspace: Missing input");
    response.json({ data: webhooks.live().map(shown), next_page: null });
  });
  router.post("/webhooks", async (request, response) => {
    const { resource, target } = dataOf(request);
    const about = typeof resource === "string" ? resourceOf(resource, watched) : null;
    if (!about || typeof resource !== "string") return unknownObject(response, "resource", String(resource));
    if (typeof target !== "string" || !URL.canParse(target)) return refuse(response, 400, "target: Missing input");
    const secret = randomBytes(32).toString("hex");
    if (!(await shakesHands(target, secret)))
      return refuse(response, 403, "The remote server did not respond with the handshake secret.");
    const record = webhooks.insert({ resource: { gid: resource, resource_type: about, name: "" }, target });
    sender.subscribe({ system: "asana", url: target, secret, about: { type: about, id: resource } }, record.id);
    sender.post(record.id, ASANA_HEARTBEAT);
    response.status(201).json({ data: shown(record) });
  });
  router.get("/webhooks/:gid", (request, response) => one(webhooks, request.params.gid, response));
  router.delete("/webhooks/:gid", (request, response) => {
    const { gid } = request.params;
    if (!webhooks.get(gid)) return unknownObject(response, "webhook", gid);
    webhooks.remove(gid);
    sender.unsubscribe(gid);
    response.json({ data: {} });
  });
}

/** Whether the target sends the secret back, as Asana wants it. */
async function shakesHands(target: string, secret: string): Promise<boolean> {
  try {
    const headers = { "X-Hook-Secret": secret };
    const answer = await fetch(target, { method: "POST", headers, redirect: "manual" });
    await answer.arrayBuffer();
    return (answer.status === 200 || answer.status === 204) && answer.headers.get("X-Hook-Secret") === secret;
  } catch {
    return false;
  }
}

function resourceOf(gid: string, { projects, tasks, workspace }: Watched): string | null {
  if (gid === workspace) return "workspace";
  if (projects.get(gid)) return "project";
  return tasks.get(gid) ? "task" : null;
}

function one(webhooks: Table, gid: string, response: Response): void {
  const record = webhooks.get(gid);
  if (!record) return unknownObject(response, "webhook", gid);
  response.json({ data: shown(record) });
}

function shown({ id, fields }: StoredRecord): object {
  return { gid: id, resource_type: "webhook", active: true, filters: [], ...fields };
}
