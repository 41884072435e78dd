import { setTimeout as delay } from "node:timers/promises";
import type { Router } from "express";
import { asked, isSystem, isWait, settings, waitOf } from "../control";
import { FaultError } from "../fault-rule";
import type { Sandbox } from "../sandbox";
import type { RecordChange } from "../store";
import type { Subscription, Wrong } from "./webhooks";

const WRONG: readonly unknown[] = ["stale", "forged", "altered", "unsigned", undefined];
const EFFECTS: readonly unknown[] = ["created", "updated", "deleted", undefined];

const isText = (value: unknown): string | null => (typeof value === "string" ? null : "must be a text");
const isAddressOrNull = (value: unknown): string | null =>
  value === null || (typeof value === "string" && URL.canParse(value)) ? null : "must be an address, or null";
const isOptionalText = (value: unknown): string | null => (value === undefined ? null : isText(value));
const isOptionalCount = (value: unknown): string | null =>
  value === undefined || (Number.isInteger(value) && (value as number) >= 0) ? null : "must be a whole number from 0";
const isOneOf = (known: readonly unknown[]) => (value: unknown) =>
  known.includes(value) ? null : `must be one of ${known.filter(Boolean).join(", ")}`;

/** Who is told of changes, what was sent, and single messages, right or wrong. */
export function webhookRoutes(router: Router, { webhooks, store }: Pick<Sandbox, "webhooks" | "store">): void {
  router.put("/webhooks", (request, response) => {
    const known = { system: isSystem, url: isAddressOrNull, secret: isOptionalText };
    const wanted = settings(request, { ...known, copies: isOptionalCount, disorderSeed: isOptionalCount });
    if (wanted.url !== null && wanted.secret === undefined) throw new FaultError('"secret" must be a text.');
    webhooks.subscribe(wanted as unknown as Subscription);
    response.status(204).end();
  });
  router.get("/webhooks", async (request, response) => {
    const question = asked(request, { system: isSystem, wait_ms: isWait });
    const until = Date.now() + waitOf(question);
    while (!webhooks.idle() && Date.now() < until) await delay(Math.min(25, until - Date.now()));
    const sent = webhooks.list(question.system);
    response.json({ idle: webhooks.idle(), sent });
  });
  router.post("/webhooks/send", async (request, response) => {
    const wanted = settings(request, {
      system: isSystem,
      type: isText,
      id: isText,
      effect: isOneOf(EFFECTS),
      wrong: isOneOf(WRONG),
    });
    const { system, type, id } = wanted as Record<string, string>;
    const record = store
      .table(system ?? "", type ?? "")
      ?.all()
      .find((one) => one.id === id);
    if (!record) {
      response.status(404).json({ error: `There is no ${system}/${type} ${id}.` });
      return;
    }
    const effect = (wanted["effect"] ?? "updated") as RecordChange["effect"];
    const told = { effect, record, fields: Object.keys(record.fields), type: type ?? "" };
    const status = await webhooks.send(system ?? "", told, (wanted["wrong"] ?? null) as Wrong | null);
    response.json({ status });
  });
}
