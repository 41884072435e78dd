import { createHmac } from "node:crypto";
import type { WebhookForm } from "./form";

/** BambooHR: ids and names of changed fields only; hex over body and timestamp. Time off is not told of. */
export const bamboohrWebhooks: WebhookForm = {
  messages({ type, effect, record, fields, at }) {
    if (type !== "employee") return [];
    const event = `employee.${effect}`;
    const data = {
      companyId: "12345",
      employeeId: record.id,
      ...(effect === "updated" ? { changedFields: fields } : {}),
    };
    return [{ event, body: { type: event, timestamp: new Date(at).toISOString(), data } }];
  },
  sign(body, _url, secret, at) {
    const timestamp = String(Math.floor(at / 1000));
    const code = createHmac("sha256", secret).update(body, "utf8").update(timestamp).digest("hex");
    return { "X-BambooHR-Signature": code, "X-BambooHR-Timestamp": timestamp };
  },
};
