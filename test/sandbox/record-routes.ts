import type { Response, Router } from "express";
import { asked, bodyOf, isWait, waitOf } from "./control";
import type { Sandbox } from "./sandbox";
import { UniqueViolation, type Table } from "./store";

const isYesOrNo = (value: unknown): string | null =>
  value === "true" || value === "false" ? null : "must be true or false";

/** What a person does at a vendor: sees records, adds one, changes one, deletes one, merges two. */
export function recordRoutes(router: Router, { store, webhooks }: Pick<Sandbox, "store" | "webhooks">): void {
  const tableOf = (params: Record<string, string>, response: Response): Table | null => {
    const table = store.table(params["system"] ?? "", params["type"] ?? "");
    if (!table) response.status(404).json({ error: `There is no ${params["system"]}/${params["type"]}.` });
    return table;
  };
  router.get("/records/:system/:type", async (request, response) => {
    const table = tableOf(request.params, response);
    if (!table) return;
    const question = asked(request, { count: isWait, wait_ms: isWait, deleted: isYesOrNo });
    const count = Number(question.count ?? 0);
    const waitMs = waitOf(question);
    if (waitMs > 0) await store.until(() => table.live().length >= count, waitMs);
    response.json(question.deleted === "true" ? table.all() : table.live());
  });
  router.post("/records/:system/:type", (request, response) => {
    const table = tableOf(request.params, response);
    if (table) write(response, 201, () => table.insert(bodyOf(request)));
  });
  router.patch("/records/:system/:type/:id", (request, response) => {
    const table = tableOf(request.params, response);
    if (table) write(response, 200, () => table.update(request.params.id, bodyOf(request)));
  });
  router.delete("/records/:system/:type/:id", (request, response) => {
    const table = tableOf(request.params, response);
    if (table) response.status(table.remove(request.params.id) ? 204 : 404).end();
  });
  router.post("/records/:system/:type/:id/merge/:from", (request, response) => {
    const { system, type, id, from } = request.params;
    const table = tableOf(request.params, response);
    if (!table) return;
    const record = table.merge(from, id);
    if (record) webhooks.changed(system, type, { effect: "updated", record, fields: [] }, [from]);
    write(response, 200, () => record);
  });
}

function write(response: Response, status: number, change: () => object | null): void {
  try {
    const record = change();
    if (record) response.status(status).json(record);
    else response.status(404).json({ error: "There is no such record." });
  } catch (thrown) {
    if (!(thrown instanceof UniqueViolation)) throw thrown;
    response.status(409).json({ error: thrown.message });
  }
}
