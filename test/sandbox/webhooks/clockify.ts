import { clockifyAnswer } from "../vendors/clockify-answers";
import type { WebhookForm } from "./form";

const EVENTS: Record<string, Partial<Record<"created" | "updated" | "deleted", string>>> = {
  time_entry: { created: "NEW_TIME_ENTRY", updated: "TIME_ENTRY_UPDATED", deleted: "TIME_ENTRY_DELETED" },
  expense: { created: "EXPENSE_CREATED", updated: "EXPENSE_UPDATED", deleted: "EXPENSE_DELETED" },
  approval: { created: "NEW_APPROVAL_REQUEST", updated: "APPROVAL_REQUEST_STATUS_UPDATED" },
  user: { created: "USER_JOINED_WORKSPACE", updated: "USER_UPDATED" },
  project: { created: "NEW_PROJECT", updated: "PROJECT_UPDATED", deleted: "PROJECT_DELETED" },
  task: { created: "NEW_TASK", updated: "TASK_UPDATED", deleted: "TASK_DELETED" },
};

/** Clockify: the record itself, its event in a header, and the webhook's own token in another: no signature over the body. */
export const clockifyWebhooks: WebhookForm = {
  messages({ type, effect, record }) {
    const event = EVENTS[type]?.[effect];
    if (event === undefined) return [];
    return [{ event, body: clockifyAnswer(type, record), headers: { "Clockify-Webhook-Event-Type": event } }];
  },
  sign: (_body, _url, secret) => ({ "Clockify-Signature": secret }),
};
