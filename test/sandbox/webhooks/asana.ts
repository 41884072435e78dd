import { createHmac } from "node:crypto";
import type { Message, Told, WebhookForm } from "./form";

const TOLD_OF = new Set(["project", "task"]);

/** Asana: a list of events, one for each field; hex over the body, with the secret that was handed over for this webhook. */
export const asanaWebhooks: WebhookForm = {
  messages(told) {
    if (!TOLD_OF.has(told.type)) return [];
    const events = eventsOf(told);
    return events.length === 0 ? [] : [{ event: `${told.type}.${String(events[0]?.["action"])}`, body: { events } }];
  },
  sign(body, _url, secret) {
    return { "X-Hook-Signature": createHmac("sha256", secret).update(body, "utf8").digest("hex") };
  },
  tellsOf(about, type, record) {
    if (about.type === "workspace" || (type === about.type && record.id === about.id)) return true;
    const { projects } = record.fields;
    return about.type === "project" && type === "task" && Array.isArray(projects) && projects.includes(about.id);
  },
};

/** Nothing happened: the webhook is still wanted. */
export const ASANA_HEARTBEAT: Message = { event: "heartbeat", body: { events: [] } };

function eventsOf({ type, effect, record, fields, at }: Told): Record<string, unknown>[] {
  const common = {
    user: { gid: "1200000000000002", resource_type: "user" },
    created_at: new Date(at).toISOString(),
    resource: { gid: record.id, resource_type: type, ...(type === "task" ? { resource_subtype: "default_task" } : {}) },
    parent: null,
  };
  if (effect === "created") return [{ ...common, action: "added" }];
  if (effect === "deleted") return [{ ...common, action: "deleted" }];
  return fields
    .filter((field) => field !== "section")
    .map((field) => ({ ...common, action: "changed", change: { field, action: "changed" } }));
}
