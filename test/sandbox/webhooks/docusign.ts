import { createHmac } from "node:crypto";
import type { WebhookForm } from "./form";

/** What an envelope's state is called in an event. */
const EVENTS: Record<string, string> = {
  sent: "envelope-sent",
  delivered: "envelope-delivered",
  completed: "envelope-completed",
  declined: "envelope-declined",
  voided: "envelope-voided",
};

/** DocuSign Connect (restv2.1, JSON): what happened to which envelope; base64 over the body, one header for each key. */
export const docusignWebhooks: WebhookForm = {
  messages({ type, record, fields, at }) {
    const event = EVENTS[String(record.fields["status"])];
    if (type !== "envelope" || event === undefined || !fields.includes("status")) return [];
    const accountId = String(record.fields["accountId"]);
    const body = {
      event,
      apiVersion: "v2.1",
      uri: `/restapi/v2.1/accounts/${accountId}/envelopes/${record.id}`,
      retryCount: 0,
      configurationId: 7001,
      generatedDateTime: new Date(at).toISOString(),
      data: { accountId, userId: "f1e2d3c4-0000-4000-8000-000000000001", envelopeId: record.id },
    };
    return [{ event, body, headers: { "x-authorization-digest": "HMACSHA256" } }];
  },
  sign(body, _url, secret) {
    return { "X-DocuSign-Signature-1": createHmac("sha256", secret).update(body, "utf8").digest("base64") };
  },
};
