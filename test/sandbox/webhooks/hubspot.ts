import { createHmac } from "node:crypto";
import type { Told, WebhookForm } from "./form";

const TOLD_OF = new Set(["company", "contact", "deal"]);
const PORTAL = 4_000_001;

// No two runs tell of the same events: a hub that was here before would take them for repeated.
let eventId = Math.floor(Date.now() / 1_000) * 1_000;

/** HubSpot: a list of events, one for each property; signed over method, URL, body and milliseconds (version 3). */
export const hubspotWebhooks: WebhookForm = {
  messages(told) {
    if (!TOLD_OF.has(told.type)) return [];
    const events = eventsOf(told);
    return events.length === 0 ? [] : [{ event: String(events[0]?.["subscriptionType"]), body: events }];
  },
  sign(body, url, secret, at) {
    const code = createHmac("sha256", secret).update(`POST${url}${body}${at}`, "utf8").digest("base64");
    return { "X-HubSpot-Signature-v3": code, "X-HubSpot-Request-Timestamp": String(at) };
  },
};

function eventsOf(told: Told): Record<string, unknown>[] {
  const { type, effect, record, merged } = told;
  if (merged) {
    return [event(told, `${type}.merge`, { primaryObjectId: Number(record.id), mergedObjectIds: merged.map(Number) })];
  }
  if (effect === "created") return [event(told, `${type}.creation`, {})];
  if (effect === "deleted") return [event(told, `${type}.deletion`, {})];
  return told.fields.map((name) =>
    name === "associations"
      ? event(told, `${type}.associationChange`, { fromObjectId: Number(record.id) })
      : event(told, `${type}.propertyChange`, { propertyName: name, propertyValue: record.fields[name] ?? "" }),
  );
}

function event(told: Told, subscriptionType: string, more: Record<string, unknown>): Record<string, unknown> {
  return {
    eventId: eventId++,
    subscriptionId: 900_001,
    portalId: PORTAL,
    appId: 800_001,
    occurredAt: told.at,
    subscriptionType,
    attemptNumber: 0,
    objectId: Number(told.record.id),
    changeSource: "CRM_UI",
    ...more,
  };
}
