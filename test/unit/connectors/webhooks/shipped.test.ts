import { createHmac } from "node:crypto";
import type { Json } from "../../../../sidecar/domain/json";
import { compileWebhooks } from "../../../../sidecar/connectors/webhooks";
import { definitionOf } from "../connect";

/*
 * Bodies as the vendors' documentation shows them, signed by the formulas it gives and not by our code, against the shipped definitions:
 * what is genuine is taken and names its records, what is forged, altered, stale or unsigned is not (INT-02, SEC-11).
 */

const URL_TEXT = "https://hub.example.com/webhooks/vendor";
const SECRET = "7a9e2b1c-secret";
const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);

const code = (encoding: "hex" | "base64", ...parts: string[]): string =>
  createHmac("sha256", SECRET).update(parts.join(""), "utf8").digest(encoding);

interface Case {
  vendor: string;
  system: string;
  secret: string;
  body: string;
  /** Headers for the body at a moment, by the vendor's formula. */
  headers: (body: string, at: number) => Record<string, string>;
  /** Whether the moment is signed as well. */
  timed: boolean;
  notices: object[];
}

const HUBSPOT_BODY = JSON.stringify([
  {
    appId: 7,
    eventId: 100,
    subscriptionId: 138,
    portalId: 33,
    occurredAt: 1564113600000,
    subscriptionType: "contact.creation",
    attemptNumber: 0,
    objectId: 123,
    changeSource: "CRM",
    changeFlag: "NEW",
  },
  {
    appId: 7,
    eventId: 101,
    subscriptionId: 139,
    portalId: 33,
    occurredAt: 1564113601000,
    subscriptionType: "company.propertyChange",
    attemptNumber: 2,
    objectId: 456,
    propertyName: "name",
    propertyValue: "Café Œuvre 株式会社",
    changeSource: "CRM_UI",
  },
  {
    appId: 7,
    eventId: 102,
    subscriptionId: 140,
    portalId: 33,
    occurredAt: 1564113602000,
    subscriptionType: "contact.associationChange",
    attemptNumber: 0,
    changeSource: "USER",
    associationType: "CONTACT_TO_COMPANY",
    fromObjectId: 123,
    toObjectId: 456,
    associationRemoved: false,
    isPrimaryAssociation: true,
  },
  {
    appId: 7,
    eventId: 103,
    subscriptionId: 141,
    portalId: 33,
    occurredAt: 1564113603000,
    subscriptionType: "company.merge",
    attemptNumber: 0,
    primaryObjectId: 456,
    mergedObjectIds: [457, 458],
    newObjectId: 459,
    numberOfPropertiesMoved: 3,
  },
  {
    appId: 7,
    eventId: 104,
    subscriptionId: 142,
    portalId: 33,
    occurredAt: 1564113604000,
    subscriptionType: "contact.privacyDeletion",
    attemptNumber: 0,
    objectId: 124,
  },
]);

const DOCUSIGN_BODY = JSON.stringify({
  event: "envelope-completed",
  apiVersion: "v2.1",
  uri: "/restapi/v2.1/accounts/0d3c/envelopes/4b728be4",
  retryCount: 0,
  configurationId: 10418598,
  generatedDateTime: "2026-11-22T11:59:58.1234567Z",
  data: { accountId: "0d3c", userId: "fcc5726c", envelopeId: "4b728be4-1f2a-4c7e-9a54-3f6d1c1c0f2b" },
});

const bambooHeaders = (stamp: (at: number) => string) => (body: string, at: number) => ({
  "x-bamboohr-timestamp": stamp(at),
  "x-bamboohr-signature": code("hex", body, stamp(at)),
});

const BAMBOO_BODY = JSON.stringify({
  type: "employee.updated",
  timestamp: "2026-11-22T11:59:00Z",
  data: { companyId: "12345", employeeId: "100", changedFields: ["firstName", "jobTitle"] },
});

const CASES: Case[] = [
  {
    vendor: "HubSpot, version 3",
    system: "hubspot",
    secret: "clientSecret",
    body: HUBSPOT_BODY,
    headers: (body, at) => ({
      "x-hubspot-request-timestamp": String(at),
      "x-hubspot-signature-v3": code("base64", "POST", URL_TEXT, body, String(at)),
    }),
    timed: true,
    notices: [
      { object: "contact", change: "changed", externalId: "123", key: "100:138" },
      { object: "company", change: "changed", externalId: "456" },
      { object: "contact", change: "changed", externalId: "123" },
      { object: "company", change: "merged", externalId: "459" },
      { object: "contact", change: "deleted", externalId: "124" },
    ],
  },
  {
    vendor: "DocuSign Connect, the second of two keys",
    system: "docusign",
    secret: "connectKey",
    body: DOCUSIGN_BODY,
    headers: (body) => ({
      "x-authorization-digest": "HMACSHA256",
      "x-docusign-signature-1": createHmac("sha256", "a key that was replaced").update(body).digest("base64"),
      "x-docusign-signature-2": code("base64", body),
    }),
    timed: false,
    notices: [{ object: "envelope", change: "changed", externalId: "4b728be4-1f2a-4c7e-9a54-3f6d1c1c0f2b" }],
  },
  {
    vendor: "BambooHR, epoch seconds",
    system: "bamboohr",
    secret: "webhookKey",
    body: BAMBOO_BODY,
    headers: bambooHeaders((at) => String(at / 1000)),
    timed: true,
    notices: [{ event: "employee.updated", object: "employee", change: "changed", externalId: "100" }],
  },
  {
    vendor: "BambooHR, ISO 8601",
    system: "bamboohr",
    secret: "webhookKey",
    body: BAMBOO_BODY,
    headers: bambooHeaders((at) => new Date(at).toISOString()),
    timed: true,
    notices: [{ object: "employee", externalId: "100" }],
  },
  {
    vendor: "BambooHR, the older events with fields, epoch milliseconds",
    system: "bamboohr",
    secret: "webhookKey",
    body: JSON.stringify({
      employees: [
        { id: "100", action: "Updated", timestamp: "2026-11-22T11:59:00Z", changedFields: ["First Name"], fields: {} },
        { id: "101", action: "Deleted", timestamp: "2026-11-22T11:59:01Z", changedFields: [], fields: {} },
      ],
    }),
    headers: bambooHeaders(String),
    timed: true,
    notices: [
      { object: "employee", change: "changed", externalId: "100", occurredAt: new Date("2026-11-22T11:59:00Z") },
      { object: "employee", change: "deleted", externalId: "101" },
    ],
  },
  {
    vendor: "Clockify, the webhook's own token",
    system: "clockify",
    secret: "webhookToken2",
    body: JSON.stringify({
      id: "64c777ddd3fcab07cfbb210d",
      description: "Workshop",
      userId: "5a0ab5acb07987125438b60f",
      projectId: "25b687e29ae1f428e7ebe123",
      timeInterval: { start: "2026-11-22T08:00:00Z", end: "2026-11-22T10:00:00Z", duration: "PT2H" },
    }),
    headers: () => ({ "clockify-signature": SECRET, "clockify-webhook-event-type": "TIME_ENTRY_UPDATED" }),
    timed: false,
    notices: [{ object: "time_entry", change: "changed", externalId: "64c777ddd3fcab07cfbb210d" }],
  },
];

describe.each(CASES)("$vendor", ({ system, secret, body, headers, timed, notices }) => {
  const { webhooks } = definitionOf(system).definition;
  if (!webhooks) throw new Error(`${system} has no webhooks`);
  const endpoint = compileWebhooks(webhooks, { [secret]: SECRET });
  const verdict = (given: Record<string, string>, text = body): string | null => {
    const request = {
      method: "POST",
      url: URL_TEXT,
      query: new URLSearchParams(),
      headers: given,
      body: Buffer.from(text),
    };
    return endpoint.verify(request, NOW, endpoint.notices.items(JSON.parse(text) as Json));
  };

  it("is taken, and names its records", () => {
    expect(verdict(headers(body, NOW))).toBeNull();
    const items = endpoint.notices.items(JSON.parse(body) as Json);
    const read = endpoint.notices.read(items, headers(body, NOW));
    expect(read.notices).toMatchObject(notices);
    expect(read.ignored).toBe(0);
  });

  it("is refused without a signature, with somebody else's, and without our secret", () => {
    expect(verdict({})).toBe("signature_missing");
    const forged = Object.fromEntries(
      Object.entries(headers(body, NOW)).map(([name, value]) => [
        name,
        name.includes("signature") ? `${value.startsWith("A") ? "B" : "A"}${value.slice(1)}` : value,
      ]),
    );
    expect(verdict(forged)).toBe("signature_wrong");
    const request = { method: "POST", url: URL_TEXT, query: new URLSearchParams(), headers: headers(body, NOW) };
    expect(compileWebhooks(webhooks, {}).verify({ ...request, body: Buffer.from(body) }, NOW, [])).toBe(
      "secret_not_set",
    );
  });

  // A token in a header protects nothing of the body; the record is fetched in any case.
  if (system !== "clockify")
    it("is refused when one byte of its body is another", () => {
      expect(verdict(headers(body, NOW), `${body} `)).toBe("signature_wrong");
    });

  if (timed)
    it("is refused when it was signed more than five minutes ago, or is sent again with a new time", () => {
      expect(verdict(headers(body, NOW - 299_000))).toBeNull();
      const old = headers(body, NOW - 301_000);
      expect(verdict(old)).toBe("timestamp_stale");
      const fresh = Object.fromEntries(
        Object.entries(headers(body, NOW)).filter(([name]) => name.includes("timestamp")),
      );
      expect(verdict({ ...old, ...fresh })).toBe("signature_wrong");
    });
});
